/** `npm stop`: ends the local stack; nothing is lost. */
import { runMain } from './pieces.js';
import { down } from './stack/down.js';
import { stateFolder } from './stack/state.js';

await runMain(async () => {
  await down((line) => console.error(`  ${line}`));
  console.log(`The local stack is down; its data is kept in ${stateFolder()}. Start again: npm start`);
});
