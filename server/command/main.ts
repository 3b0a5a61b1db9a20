import { lintCommand } from './lint-command';

const { stdin: input, stdout: out, stderr: err } = process;
void lintCommand(process.argv.slice(3), { input, out, err }).then((code) => {
  process.exitCode = code;
});
