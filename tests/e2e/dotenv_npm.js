// Read .env files, whose names come on standard input, as dotenv of npm does
// when it is told nothing, and print `FILE NAME HEX` for each entry.
// usage: dotenv_npm.js MODULE
const fs = require('fs');

const dotenv = require(process.argv[2]);
const lines = [];

for (const file of fs.readFileSync(0, 'utf8').split('\n')) {
  if (file === '') continue;
  const entries = {};
  const told = dotenv.config({path: file, processEnv: entries, quiet: true});
  if (told.error) throw told.error;
  for (const name of Object.keys(told.parsed)) {
    const hex = Buffer.from(told.parsed[name]).toString('hex');
    lines.push(`${file} ${name} ${hex}\n`);
  }
}
process.stdout.write(lines.join(''));
