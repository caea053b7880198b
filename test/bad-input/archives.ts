import { type ZipEntry, zipFile } from '../support/zip-file.js';
import type { BadInput, BadInputs } from './case.js';

const lines = Array.from(
  { length: 40 },
  (_, index) => `1\t${index + 1}\t3\t${880_000_000 + index * 5000}\n`,
).join('');
const data = { name: 'ml-100k/u.data', content: lines };

function check(what: string, bytes: Uint8Array): BadInput {
  return { what, files: { 'copy.zip': bytes }, argv: ['train', '--check', '--source', 'copy.zip'], ends: 1 };
}

const zip = (what: string, ...entries: ZipEntry[]) => check(what, zipFile(entries));
const whole = zipFile([data]);

export const archives: BadInputs = {
  title: 'Archives',
  cases: [
    check('an empty file', new Uint8Array()),
    check('a zip that is cut off', whole.subarray(0, whole.length - 40)),
    check('the first bytes of a zip', whole.subarray(0, 12)),
    zip('a zip without entries'),
    zip('a zip without u.data', { name: 'ratings.csv', content: lines }),
    zip('a zip with two of them', data, { name: 'u.data', content: lines }),
    zip('an encrypted entry', { ...data, flags: 1 }),
    zip('an entry that climbs out', { name: '../../u.data', content: lines }),
    zip('an entry with an absolute path', { name: '/etc/u.data', content: lines }),
    zip('an entry that is a link', { ...data, content: '/etc/passwd', mode: 0o120777 }),
    zip('an entry with control characters in its name', { name: '\u001b[2J', content: '' }),
    zip('an entry that declares more than the limit', { ...data, declaredSize: 400_000_000 }),
    zip('an entry that is more than it declares', { ...data, declaredSize: 10 }),
    zip('an entry that is more than the limit', { name: 'u.data', content: new Uint8Array((256 << 20) + 1) }),
    zip(
      'thousands of entries',
      ...Array.from({ length: 5000 }, (_, index) => ({ name: `${index}`, content: '' })),
    ),
    zip('content that is not what its checksum says', { ...data, crc: 1 }),
  ],
};
