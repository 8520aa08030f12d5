import { readFileSync } from 'node:fs';
import koffi, { type LibraryHandle } from 'koffi';

/** Says which limits the kernel keeps on this process. */
export interface Confined {
  /** Ends with who started it, also when that was killed. */
  mortal: boolean;
  memory: boolean;
  /** Opens no socket, and reads no other process. */
  alone: boolean;
}

// Of Linux's headers: numbers of prctl, setrlimit and seccomp, and of the calls that are refused.
const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const PR_SET_NO_NEW_PRIVS = 38;
const SIGKILL = 9;
const RLIMIT_DATA = 2;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;
const EACCES = 13;
const machines: Partial<Record<string, { audit: number; seccomp: number; refused: number[] }>> = {
  // socket, ptrace, process_vm_readv, process_vm_writev, io_uring_setup, pidfd_getfd
  x64: { audit: 0xc000003e, seccomp: 317, refused: [41, 101, 310, 311, 425, 438] },
  arm64: { audit: 0xc00000b7, seccomp: 277, refused: [198, 117, 270, 271, 425, 438] },
};

/**
 * Asks the kernel to confine this process for good, and all that it starts: `memoryBytes` more than it has now, no network.
 * It needs no privilege. On other systems than Linux nothing holds, and the answer says so.
 */
export function confine(memoryBytes: number, system: { platform: string; arch: string }): Confined {
  if (system.platform !== 'linux') return { mortal: false, memory: false, alone: false };
  const libc = koffi.load(null);
  const prctl = prctlOf(libc);
  const mortal = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) === 0;
  const memory = limitData(libc, memoryBytes);
  const alone = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === 0 && refuseCalls(libc, system.arch);
  return { mortal, memory, alone };
}

/**
 * Shuts this process for others of its user: its environment, memory and descriptors, which hold what a decoder must not
 * have. It costs core dumps. On other systems than Linux it does nothing.
 */
export function shut(platform: string): boolean {
  if (platform !== 'linux') return false;
  return prctlOf(koffi.load(null))(PR_SET_DUMPABLE, 0, 0, 0, 0) === 0;
}

function prctlOf(libc: LibraryHandle) {
  return libc.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
}

// Of what counts V8 has reserved half a gigabyte from the start, so that only what comes on top can be limited.
function limitData(libc: LibraryHandle, bytes: number): boolean {
  const kilobytes = Number(/VmData:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  const most = BigInt(kilobytes * 1_024 + bytes);
  const limit = Buffer.alloc(16);
  limit.writeBigUInt64LE(most, 0);
  limit.writeBigUInt64LE(most, 8);
  return libc.func('int setrlimit(int, void *)')(RLIMIT_DATA, limit) === 0;
}

function refuseCalls(libc: LibraryHandle, arch: string): boolean {
  const machine = machines[arch];
  if (machine === undefined) return false;
  const filter = filterOf(machine.audit, machine.refused);
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length / 8, 0);
  program.writeBigUInt64LE(BigInt(koffi.address(filter)), 8);
  const syscall = libc.func('long syscall(long, long, long, void *)');
  // TSYNC: the threads that V8 and libuv have started are confined too.
  return syscall(machine.seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program) === 0;
}

// A seccomp filter in classic BPF: on another architecture, on another ABI of it, and for what is refused: EACCES.
function filterOf(audit: number, refused: readonly number[]): Buffer {
  const [load, equals, atLeast, answer] = [0x20, 0x15, 0x35, 0x06];
  const refusal = refused.length + 5;
  const jumpFrom = (at: number) => refusal - at - 1;
  return Buffer.concat([
    line(load, 0, 0, 4),
    line(equals, 0, jumpFrom(1), audit),
    line(load, 0, 0, 0),
    line(atLeast, jumpFrom(3), 0, 0x40000000),
    ...refused.map((call, nth) => line(equals, jumpFrom(4 + nth), 0, call)),
    line(answer, 0, 0, 0x7fff0000),
    line(answer, 0, 0, 0x00050000 | EACCES),
  ]);
}

function line(code: number, ifTrue: number, ifFalse: number, k: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(k, 4);
  return bytes;
}
