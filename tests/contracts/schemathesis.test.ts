import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses, startProcess } from '../helpers/running-process';
import { startTestService } from '../helpers/service';

const isHere = spawnSync('schemathesis', ['--version']).status === 0;
const whereItIs = isHere ? it : it.skip;
const reason = isHere ? '' : ' (skipped: schemathesis is not on the PATH; pip install schemathesis)';

jest.setTimeout(180_000);
afterEach(endProcesses);

whereItIs(
  `Schemathesis finds nothing in REST that its description does not say, with all its checks${reason}`,
  async () => {
    await using service = await startTestService();
    const directory = mkdtempSync(join(tmpdir(), 'rollcall-schemathesis-'));
    const run = startProcess(
      [
        'schemathesis',
        ...['--config-file', join(__dirname, 'schemathesis.toml')],
        ...['run', `${service.url}/openapi.json`, '--checks', 'all', '--max-examples', '10', '--seed', '1'],
        ...['--request-timeout', '40', '--no-color'],
      ],
      directory,
    );
    const status = await run.ended;
    rmSync(directory, { recursive: true });
    expect(`${status} ${status === 0 ? '' : run.output}`).toBe('0 ');
    expect(run.output).toMatch(/Tested: 5/);
  },
);
