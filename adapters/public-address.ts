import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';

/** An address was asked for that lies in this machine or its network, and is not to be reached from here. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
}

/** IANA's special-purpose registries: addresses that are not, or not surely, on the public internet. */
const ranges4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];
/** The public ones are a part of 2000::/3; in it, those that carry an IPv4 address or are for documentation. */
const publicRange6 = '2000::/3';
const ranges6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = blockList(ranges4, 'ipv4');
const special6 = blockList(ranges6, 'ipv6');
const public6 = blockList([publicRange6], 'ipv6');

function blockList(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network, prefix] = range.split('/') as [string, string];
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

/** Whether an IP address is on the public internet. IPv4 inside IPv6 (`::ffff:…`) is not: nobody needs it. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6:
      return public6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
    default:
      return false;
  }
}

/**
 * Looks a host up as `net.connect` does, and gives only its public addresses: what is checked is what is connected to.
 */
export function lookUpPublic(
  host: string,
  options: LookupOptions,
  done: (error: Error | null, found: string | LookupAddress[], family?: number) => void,
): void {
  lookUp(host, { ...options, all: true }, (error, addresses) => {
    if (error) {
      done(error, []);
      return;
    }
    const found = addresses.filter(({ address }) => isPublicAddress(address));
    if (found.length === 0) done(privateAddress(host), []);
    else if (options.all) done(null, found);
    else done(null, found[0]!.address, found[0]!.family);
  });
}

export function privateAddress(host: string): PrivateAddressError {
  return new PrivateAddressError(
    `${host} is in this machine or its network. Who runs the workers may allow it: STREAMSAGE_ALLOW_PRIVATE_SOURCES=true`,
  );
}
