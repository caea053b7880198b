import type { Parameters } from '../predictor/config.js';
import type { EnginePlan } from '../predictor/engine/choose-engine.js';
import { addressOf } from './commands.js';
import type { Source, StageOutcome } from './contract.js';
import { formatBytes, formatCount, oneLine } from './plain-text.js';

/**
 * What each activity is about, in a line after its name beside its bar in the web UI's timeline. The server takes 400
 * bytes; the timeline shows 120 characters. Some versions read it as Markdown, others as it is: so nothing that is
 * markup.
 */

/** Characters: 80 of four bytes each, and what wraps them, are within 400 bytes. */
const maximum = 80;

const summary = (...parts: readonly (string | undefined)[]) =>
  oneLine(parts.filter((part) => part !== undefined).join(' · '), maximum);

export const downloadSummary = (source: Source) => summary(sourceTitle(source));

export const preprocessSummary = ({ outputs }: StageOutcome<'ratings'>) =>
  summary(`${formatBytes(outputs.ratings.bytes)} of ratings`);

export const windowSummary = ({ sequenceLength, bingeThreshold }: Parameters) =>
  summary(`${sequenceLength} ratings each`, `a binge within ${formatCount(bingeThreshold)} s`);

export const planSummary = ({ engine, device }: Parameters) =>
  summary(`engine ${engine}`, `device ${device}`);

export const trainSummary = ({ epochs }: Parameters, { engine, device }: EnginePlan) =>
  summary(`${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`, `${engine} on the ${device.toUpperCase()}`);

export const evaluateSummary = ({ facts: { test } }: StageOutcome) =>
  summary(typeof test === 'number' ? `${formatCount(test)} test windows` : 'the test part');

export const publishSummary = (run: string) => summary(`runs/${run}/`);

/** The data set for a person. No character of a file's name is markup. */
function sourceTitle(source: Source): string {
  switch (source.kind) {
    case 'movielens-100k':
      return 'MovieLens 100K from its publisher';
    case 'synthetic':
      return 'synthetic ratings';
    case 'uploaded':
      return unmarked(source.name);
    case 'url':
    case 's3':
      return unmarked(addressOf(source));
  }
}

function unmarked(text: string): string {
  return text.replaceAll(/[`*_[\]<>|\\~#]/g, '?');
}
