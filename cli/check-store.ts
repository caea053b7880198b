import { isNoWayThrough } from '../adapters/errors.js';
import { probeStore, type StoreProbe, storeActions } from '../adapters/probe-store.js';
import { loadS3Settings, type S3Settings } from '../adapters/settings.js';
import type { Check, Finding } from './findings.js';

const check = 'store';

/** Farther apart than this, clocks are a fault: signatures carry the time, and stores refuse old ones. */
const mostSkewMs = 5 * 60_000;

/** Reach, permissions, checksum and clock of the store. */
export const storeCheck: Check = {
  name: check,
  limitMs: 15_000,
  whenSilent: 'away',
  async run(signal) {
    const settings = loadS3Settings();
    return judgeStore(settings, await probeStore(settings, signal));
  },
};

/** What a probe says: one finding where nothing got through, else one a question. */
export function judgeStore(settings: S3Settings, probe: StoreProbe): Finding[] {
  const errors = storeActions.flatMap((action) => probe.refused[action] ?? []);
  const clock = judgeClock(probe.clockAheadMs);
  if (errors.length === storeActions.length && isNoWayThrough(errors[0])) {
    return [{ check, state: 'away', says: errors[0]!.message }, ...clock];
  }
  const { endpoint, bucket } = settings;
  const style = endpoint === undefined ? 'bucket in the host name' : 'path style';
  const reach = `bucket ${bucket} at ${endpoint ?? 'AWS S3'} (${style})`;
  return [
    { check, state: 'ok', says: reach },
    judgePermissions(probe),
    ...judgeChecksum(probe.intact),
    ...clock,
  ];
}

function judgePermissions({ refused }: StoreProbe): Finding {
  const failed = storeActions.filter((action) => refused[action]);
  if (failed.length === 0) {
    return { check: 'store permissions', state: 'ok', says: storeActions.join(', ') };
  }
  const reason = refused[failed[0]!]!.message;
  return { check: 'store permissions', state: 'failed', says: `cannot ${failed.join(', ')}. ${reason}` };
}

function judgeChecksum(intact: boolean | undefined): Finding[] {
  const name = 'store checksum';
  if (intact === undefined) return [];
  return intact
    ? [{ check: name, state: 'ok', says: 'reads back what was written' }]
    : [
        {
          check: name,
          state: 'failed',
          says:
            'what was read back has another SHA-256 than what was written. Look for a proxy or gateway in between ' +
            'that alters content',
        },
      ];
}

function judgeClock(aheadMs: number | undefined): Finding[] {
  if (aheadMs === undefined) return [];
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const says =
    seconds <= 1 ? "as the store's" : `${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} the store's`;
  return Math.abs(aheadMs) > mostSkewMs
    ? [
        {
          check: 'clock',
          state: 'failed',
          says: `${says}, expected at most ${mostSkewMs / 60_000} minutes: signatures carry the time. Set this machine's clock (NTP)`,
        },
      ]
    : [{ check: 'clock', state: 'ok', says }];
}
