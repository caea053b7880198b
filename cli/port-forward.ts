import { BlockList, isIP } from 'node:net';
import { userInfo } from 'node:os';

/**
 * Where somebody is here over SSH: the command that makes links to this machine's loopback work on their own. It is
 * typed there. Undefined where nobody is, or no link leads to the loopback.
 * @param environment sshd says there by which address it was reached
 */
export function portForward(
  links: readonly (string | undefined)[],
  environment: NodeJS.ProcessEnv = process.env,
  user: string = userInfo().username,
): string | undefined {
  const [, , server, port] = (environment['SSH_CONNECTION'] ?? '').split(' ');
  if (server === undefined || port === undefined || isIP(server) === 0 || !/^\d{1,5}$/.test(port)) {
    return undefined;
  }
  const urls = links.filter((link) => link !== undefined && isLoopback(link)).map((link) => new URL(link!));
  const ports = [...new Set(urls.map((url) => url.port || (url.protocol === 'https:' ? '443' : '80')))];
  if (ports.length === 0) return undefined;
  const tunnels = ports.map((each) => `-L ${each}:127.0.0.1:${each}`);
  return ['ssh -N', ...tunnels, ...(port === '22' ? [] : [`-p ${port}`]), `${user}@${server}`].join(' ');
}

/** The command as a line below links; none where none is needed. */
export function portForwardLines(links: readonly (string | undefined)[]): string[] {
  const command = portForward(links);
  return command === undefined
    ? []
    : [`  the links work on your own machine while this runs there: ${command}`];
}

/** Whether an address leads nowhere but to the machine on which it is followed. */
export function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
