import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { OtherServer } from './other-server';

/** FerretDB v1: Apache-2.0, written in Go, on SQLite. */
export const ferretdb: OtherServer = {
  name: 'ferretdb',
  folder: join(__dirname, '..', 'ferretdb'),
  sources: ['main.go', 'go.mod', 'go.sum'],
  build: (target) => ['go', 'build', '-o', join(target, 'ferretdb'), '.'],
  start: (built, directory) => spawn(join(built, 'ferretdb'), [directory], { stdio: 'pipe' }),
};
