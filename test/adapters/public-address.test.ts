import assert from 'node:assert/strict';
import { isPublicAddress, lookUpPublic } from '../../adapters/public-address.js';

describe('an address', () => {
  const inside = [
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.0.9', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '240.0.0.1'],
    ...['::', '::1', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '::ffff:10.0.0.1', '::ffff:8.8.8.8'],
    ...['64:ff9b::a00:1', '2002:7f00:1::', '2001:db8::1', '2001::1', 'fe80::1%eth0', 'localhost', ''],
  ];
  const outside = [
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00::1',
  ];

  it('is public, or it is not', () => {
    assert.deepEqual(inside.filter(isPublicAddress), []);
    assert.deepEqual(outside.filter(isPublicAddress), outside);
  });

  it('is looked up as net.connect wants it, and given only if it is public', async () => {
    for (const all of [true, false]) {
      const error = await new Promise((resolve) => {
        lookUpPublic('localhost', { all }, (failure) => resolve(failure));
      });
      assert.match(String(error), /localhost is in this machine or its network/);
    }
  });
});
