import assert from 'node:assert/strict';
import { isLoopback, portForward } from '../../cli/port-forward.js';

describe('links over SSH', () => {
  const overSsh = { SSH_CONNECTION: '203.0.113.9 51022 198.51.100.7 22' };
  const links = ['http://127.0.0.1:8233/namespaces/default', 'http://127.0.0.1:9001/browser'];

  it('come with the command that forwards their ports, each once', () => {
    assert.equal(
      portForward([...links, links[0]!], overSsh, 'ada'),
      'ssh -N -L 8233:127.0.0.1:8233 -L 9001:127.0.0.1:9001 ada@198.51.100.7',
    );
  });

  it('name the port of a server that has another, and may be reached by IPv6', () => {
    const environment = { SSH_CONNECTION: 'fe80::1%eth0 51022 2001:db8::7 2222' };
    assert.equal(
      portForward(['http://localhost/'], environment, 'ada'),
      'ssh -N -L 80:127.0.0.1:80 -p 2222 ada@2001:db8::7',
    );
  });

  it('need none without SSH, for links that others reach, or where there are none', () => {
    assert.equal(portForward(links, {}, 'ada'), undefined);
    assert.equal(portForward(['https://cloud.temporal.io/x', undefined], overSsh, 'ada'), undefined);
    assert.equal(portForward([], overSsh, 'ada'), undefined);
  });

  it('trust nothing but an address and a port in what the environment says', () => {
    for (const text of ['a b $(reboot) 22', 'a b 198.51.100.7 22;x', 'x', 'a b 198.51.100.7']) {
      assert.equal(portForward(links, { SSH_CONNECTION: text }, 'ada'), undefined, text);
    }
  });

  it('lead to the loopback by name, by IPv4 and by IPv6', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
      assert.ok(isLoopback(`http://${host}:1/`));
    for (const host of ['10.0.0.1', 'example.org', '[2001:db8::1]'])
      assert.ok(!isLoopback(`http://${host}/`));
    assert.ok(!isLoopback('127.0.0.1'));
  });
});
