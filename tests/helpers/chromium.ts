import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find(existsSync);

export const hasChromium = executablePath !== undefined;
/** For the end of a title. */
export const whyNoChromium = hasChromium ? '' : ' (skipped: apt-get install chromium)';

/** A browser without a window, which by itself asks no host for anything. */
export function openBrowser(): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({
    ...(executablePath && { executablePath }),
    // Chromium as root, as in a container, has no sandbox.
    args: ['--no-sandbox', '--disable-gpu', ...quiet],
  });
}

/** What a page did that a user should never see, and every other host that it asked for something. */
export interface Witnessed {
  /** Errors of the console, and what was thrown and not caught. */
  readonly errors: string[];
  readonly hosts: string[];
}

/** Notes what goes wrong on a page from now on. */
export function witness(page: Page, ownHost: string): Witnessed {
  const seen: Witnessed = { errors: [], hosts: [] };
  page.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(message.text());
  });
  page.on('pageerror', (error) => seen.errors.push(error.stack ?? error.message));
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith('http') && host !== ownHost) seen.hosts.push(host);
  });
  return seen;
}
