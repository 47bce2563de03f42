/** Products on a path are known by their headers, and findings name their settings. */
import * as assert from 'uvu/assert';
import { type Finding, productsOn, withAdvice } from '../../../machines/checks/index.js';
import type { Phases } from '../../../machines/index.js';
import { suite } from '../../support/suite.js';

const phasesWith = (headers: { [name: string]: string }): Phases => ({
  upgrade: { ms: 1, status: 101, headers, extensions: '' },
});

const finding = (parts: Partial<Finding>): Finding => ({
  experiment: 'opening',
  status: 'problem',
  blame: 'the path',
  code: 'STATUS_426',
  message: 'It is refused.',
  facts: {},
  ...parts,
});

const messageOf = (headers: { [name: string]: string }, parts: Partial<Finding>): string =>
  withAdvice(phasesWith(headers), [finding(parts)])[0]?.message ?? '';

suite('products on a path', (test) => {
  test('are known by the headers of the answer', () => {
    const signs = [
      { server: 'nginx/1.22.1' },
      { server: 'openresty' },
      { via: '1.1 haproxy' },
      { server: 'istio-envoy' },
      { 'x-envoy-upstream-service-time': '3' },
      { server: 'Caddy' },
      { server: 'cloudflare', 'cf-ray': '1-AMS' },
      { server: 'awselb/2.0' },
      { server: 'Apache' },
    ];
    const found = signs.map((headers) => productsOn(phasesWith(headers), []));
    assert.equal(found.flat(), [
      ...['nginx', 'nginx', 'HAProxy', 'Envoy', 'Envoy', 'Caddy', 'Cloudflare', 'AWS ALB'],
    ]);
  });

  test('are known by the headers that the path adds to the request', () => {
    const added = { 'x-forwarded-server': 'edge', 'x-real-ip': '192.0.2.1' };
    assert.equal(productsOn({}, [finding({ facts: { added } })]), ['Traefik']);
  });
});

suite('advice', (test) => {
  test('names the setting of the product on the path', () => {
    const message = messageOf({ server: 'nginx' }, { code: 'STATUS_426' });
    assert.match(message, /^It is refused\. nginx needs .*proxy_set_header Upgrade/);
  });

  test('names the settings of each product on the path', () => {
    const headers = { 'cf-ray': '1', server: 'nginx' };
    const message = messageOf(headers, { code: 'IDLE_CUT_BY_FIN' });
    assert.match(message, 'proxy_read_timeout');
    assert.match(message, 'Cloudflare ends a silent connection after 100 s');
  });

  test('is silent where no product shows', () => {
    assert.is(messageOf({}, { code: 'IDLE_CUT_BY_FIN' }), 'It is refused.');
  });

  test('is silent where nothing is wrong, or the far end is to blame', () => {
    const code = 'MESSAGE_REFUSED';
    assert.is(messageOf({ server: 'nginx' }, { code, status: 'ok' }), 'It is refused.');
    assert.is(messageOf({ server: 'nginx' }, { code, blame: 'the far end' }), 'It is refused.');
  });

  test('names proxy_set_header Host only where the path changes Host', () => {
    const code = 'REQUEST_CHANGED';
    const host = { code, facts: { changed: { host: 'a' } } };
    assert.match(messageOf({ server: 'nginx' }, host), 'proxy_set_header Host $host');
    const origin = { code, facts: { changed: { origin: 'a' } } };
    assert.is(messageOf({ server: 'nginx' }, origin), 'It is refused.');
  });
});
