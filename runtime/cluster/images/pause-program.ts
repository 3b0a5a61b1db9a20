/**
 * The program of the pause container, assembled by hand so that a cluster needs no registry and no compiler.
 *
 * Like upstream's pause it does two things: it stays alive until SIGTERM or SIGINT, and as process 1 of a shared
 * process namespace it reaps orphans. It blocks the three signals and waits for them, because a process 1 ignores
 * signals that it neither handles nor blocks.
 *
 *     rt_sigprocmask(SIG_BLOCK, {INT, TERM, CHLD})
 *     forever: signal = rt_sigtimedwait({INT, TERM, CHLD})
 *       CHLD: while wait4(-1, WNOHANG) > 0
 *       interrupted (EINTR): again
 *       otherwise: exit(0)
 */
const code: Record<Architecture, { machine: number; text: string }> = {
  amd64: {
    machine: 62,
    text:
      'b80e000000 31ff 488d354f000000 31d2 41ba08000000 0f05' + // rt_sigprocmask = 14
      'b880000000 488d3d39000000 31f6 31d2 41ba08000000 0f05' + // wait: rt_sigtimedwait = 128
      '83f811 740d 85c0 78df b83c000000 31ff 0f05' + // SIGCHLD? error? else exit = 60
      'b83d000000 4883cfff 31f6 ba01000000 4531d2 0f05 85c0 7fe7 ebbb' + // reap: wait4 = 61
      '0240010000000000', // the signal set
  },
  arm64: {
    machine: 183,
    text:
      '000080d2 61030010 020080d2 030180d2 e81080d2 010000d4' + // rt_sigprocmask = 135
      'c0020010 010080d2 020080d2 030180d2 281180d2 010000d4' + // wait: rt_sigtimedwait = 137
      '1f4400f1 a0000054 00ffffb7 000080d2 a80b80d2 010000d4' + // SIGCHLD? error? else exit = 93
      '00008092 010080d2 220080d2 030080d2 882080d2 010000d4 1f0000f1 2cffff54 ecffff17 1f2003d5' + // reap: wait4 = 260
      '0240010000000000',
  },
};

/** Architectures as the engine names them. */
export type Architecture = 'amd64' | 'arm64';

const loadAddress = 0x400000n;
const headerSize = 64;
const programHeaderSize = 56;

/** A static ELF executable of some 240 bytes: header, one read-execute segment, the code. */
export function pauseProgram(architecture: Architecture): Buffer {
  const { machine, text } = code[architecture];
  const instructions = Buffer.from(text.replaceAll(' ', ''), 'hex');
  const start = headerSize + programHeaderSize;
  return Buffer.concat([
    elfHeader(machine, loadAddress + BigInt(start)),
    programHeader(BigInt(start + instructions.length)),
    instructions,
  ]);
}

function elfHeader(machine: number, entry: bigint): Buffer {
  const header = Buffer.alloc(headerSize);
  header.write('\x7fELF', 'latin1');
  header.set([2, 1, 1], 4); // 64 bit, little-endian, version 1
  header.writeUInt16LE(2, 16); // executable
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(entry, 24);
  header.writeBigUInt64LE(BigInt(headerSize), 32); // program headers follow
  header.writeUInt16LE(headerSize, 52);
  header.writeUInt16LE(programHeaderSize, 54);
  header.writeUInt16LE(1, 56);
  return header;
}

function programHeader(size: bigint): Buffer {
  const header = Buffer.alloc(programHeaderSize);
  header.writeUInt32LE(1, 0); // load
  header.writeUInt32LE(5, 4); // read, execute
  header.writeBigUInt64LE(loadAddress, 16);
  header.writeBigUInt64LE(loadAddress, 24);
  header.writeBigUInt64LE(size, 32);
  header.writeBigUInt64LE(size, 40);
  header.writeBigUInt64LE(0x10000n, 48);
  return header;
}
