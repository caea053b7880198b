import { Command, CommanderError } from 'commander';
import { loadVersions } from '../adapters/version.js';
import { addArtifacts } from './artifacts.js';
import { addCompletion } from './completion.js';
import { addDataset } from './dataset.js';
import { addDoctor } from './doctor.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { helpLayout, wrapHelp } from './help-layout.js';
import { interruptible } from './interrupt.js';
import { createProcessOutput, type Output } from './output.js';
import { RunFailedError } from './run-failure.js';
import { addDeployment } from './deployment.js';
import { addHelp } from './help.js';
import { addProvision } from './provision.js';
import { addRuns } from './runs.js';
import { addSchedules } from './schedules.js';
import { addSchema } from './schema.js';
import { addStack } from './stack.js';
import { addTrain } from './train.js';

/**
 * Runs one command.
 * @param argv words after the program's name
 * @returns the exit code (cli/exit-codes.ts)
 */
export async function main(argv: readonly string[], output: Output = createProcessOutput()): Promise<number> {
  try {
    // Whatever starts or changes something says more.
    await interruptible(output, 'Nothing was changed.', () =>
      createProgram(output).parseAsync([...argv], { from: 'user' }),
    );
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse;
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    // A run's failure names the class of what went wrong itself.
    const suffix = error instanceof RunFailedError ? '' : ` [${name}]`;
    output.note(`streamsage: ${message}${process.env['STREAMSAGE_DEBUG'] ? `\n${stack ?? ''}` : suffix}`);
    return exitCodeOf(error);
  }
}

function createProgram(output: Output): Command {
  const program = new Command('streamsage')
    .description('A durable pipeline that trains a binge predictor on MovieLens 100K.')
    .version(loadVersions().streamsage)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.result(wrapHelp(text, output.width ?? Infinity).trimEnd()),
      writeErr: (text) => output.note(text.trimEnd()),
      getOutHelpWidth: () => output.width ?? 80,
    })
    .configureHelp(helpLayout)
    .addHelpText(
      'after',
      '\nIn the clone: npx --no-install streamsage …' +
        '\n\nExit codes:' +
        '\n  0    done' +
        '\n  1    failed, or not well' +
        '\n  2    wrong use' +
        '\n  3    cannot reach Temporal or S3, or is refused by it' +
        '\n  130  interrupted (Ctrl-C)' +
        '\n  141  nobody reads the output any more\n',
    );
  addHelp(program);
  addStack(program, output);
  addDoctor(program, output);
  addTrain(program, output);
  addRuns(program, output);
  addSchedules(program, output);
  addArtifacts(program, output);
  addDataset(program, output);
  addProvision(program, output);
  addDeployment(program, output);
  addSchema(program, output);
  addCompletion(program, output);
  return program;
}
