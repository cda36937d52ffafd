/** Finds and starts Chromium on this machine. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of Chromium, or the reason why there is none. */
export function findChromium(): { path: string } | { missing: string } {
  const named = process.env.CHROME_PATH;
  if (named) return existsSync(named) ? { path: named } : { missing: `CHROME_PATH is ${named}, which does not exist` };
  const path = places().find((place) => existsSync(place));
  if (path) return { path };
  return { missing: 'no Chromium or Chrome was found. Install one (Debian: apt install chromium) or set CHROME_PATH' };
}

function places(): string[] {
  const { PATH = '', LOCALAPPDATA = '', PROGRAMFILES = '', 'PROGRAMFILES(X86)': x86 = '' } = process.env;
  if (process.platform === 'win32') {
    return [PROGRAMFILES, x86, LOCALAPPDATA].flatMap((folder) => [
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]);
  }
  const inPath = NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)));
  const mac = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  );
  return [...inPath, ...mac, '/snap/bin/chromium', chromium.executablePath()];
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS, headless: true, timeout: 120_000 });
}
