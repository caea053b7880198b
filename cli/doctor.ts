import type { Command } from 'commander';
import { machineChecks } from './check-machine.js';
import { sourcesCheck } from './check-sources.js';
import { storeCheck } from './check-store.js';
import { temporalCheck } from './check-temporal.js';
import { describeFindings, exitCodeOfFindings, runChecks } from './findings.js';
import { interruptible } from './interrupt.js';
import { type Output, printJson } from './output.js';

export function addDoctor(program: Command, output: Output): void {
  program
    .command('doctor')
    .description('check this machine, Temporal, workers, store and data sources, and say what to mend')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      '\nIt starts nothing; of the store it tries a write on an object that it removes again.\n' +
        'A line each: ok; warn (runs work, or some do); FAIL (to be mended); AWAY (Temporal or the store cannot be\n' +
        'reached, or refuses). Exit code: 0 none fails, with warnings or without; 1 FAIL; 3 AWAY.\n' +
        '\nExample:\n  streamsage doctor\n',
    )
    .action(async ({ json }: { json?: boolean }) => {
      const interruption = new AbortController();
      const checks = [...machineChecks, temporalCheck, storeCheck, sourcesCheck];
      const running = runChecks(checks, interruption.signal);
      const findings = await interruptible(
        output,
        'Nothing was changed: what was tried in the store is removed again.',
        () => running,
        async () => {
          interruption.abort();
          await running;
        },
      );
      const exitCode = exitCodeOfFindings(findings);
      if (json) printJson(output, { ok: exitCode === 0, findings });
      else for (const line of describeFindings(findings)) output.result(line);
      process.exitCode = exitCode;
    });
}
