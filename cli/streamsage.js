#!/usr/bin/env node
// The launcher: says what to do where the project has not been set up, else hands over to the built command line.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('streamsage: not set up yet. Run: npm run setup');
  process.exitCode = 1;
} else {
  const { main: run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
}
