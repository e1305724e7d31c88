// Debian's architectures as the loader's cache knows them (glibc: sysdeps/*/dl-cache.h, readelflib.c).
import type { ElfFacts } from "../formats/elf.ts";

export interface Architecture {
  /** Multiarch name of the library folders: "x86_64-linux-gnu". */
  readonly triplet: string;
  readonly bigEndian: boolean;
  /** Flags of a library's cache entry; undefined for one that this architecture's ldconfig leaves out. */
  cacheFlags(elf: ElfFacts): number | undefined;
}

const libc6 = 0x0003;
const machine = { i386: 3, ppc64: 21, s390: 22, arm: 40, x86_64: 62, aarch64: 183, riscv: 243 };

const architectures: Readonly<Record<string, Architecture>> = {
  amd64: {
    triplet: "x86_64-linux-gnu",
    bigEndian: false,
    cacheFlags(elf) {
      if (elf.machine === machine.i386) return libc6;
      if (elf.machine !== machine.x86_64) return undefined;
      return elf.class === 64 ? 0x0300 | libc6 : 0x0800 | libc6;
    },
  },
  arm64: {
    triplet: "aarch64-linux-gnu",
    bigEndian: false,
    cacheFlags(elf) {
      if (elf.machine === machine.arm) return 0x0900 | libc6;
      return elf.machine === machine.aarch64 && elf.class === 64 ? 0x0a00 | libc6 : undefined;
    },
  },
  armhf: only("arm-linux-gnueabihf", machine.arm, 32, 0x0900),
  i386: only("i386-linux-gnu", machine.i386, 32, 0),
  ppc64el: only("powerpc64le-linux-gnu", machine.ppc64, 64, 0x0500),
  riscv64: only("riscv64-linux-gnu", machine.riscv, 64, 0x1000),
  s390x: { ...only("s390x-linux-gnu", machine.s390, 64, 0x0400), bigEndian: true },
};

function only(triplet: string, ofMachine: number, ofClass: 32 | 64, flags: number): Architecture {
  return {
    triplet,
    bigEndian: false,
    cacheFlags: (elf) => (elf.machine === ofMachine && elf.class === ofClass ? flags | libc6 : undefined),
  };
}

/** By Debian's name ("amd64"); undefined where it isn't one that images are made for. */
export function architectureOf(name: string): Architecture | undefined {
  return Object.hasOwn(architectures, name) ? architectures[name] : undefined;
}
