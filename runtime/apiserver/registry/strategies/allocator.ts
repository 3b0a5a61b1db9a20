/** Numbers out of a range, each given once: addresses of a network, node ports. */
export class Allocator {
  private next: number;

  /**
   * Both ends can be given. Dynamic allocation starts after `reserved` numbers, and uses those only when the rest is gone.
   * `taken` may be shared with the allocators of other ranges.
   */
  constructor(
    readonly first: number, readonly last: number, private readonly reserved: number,
    private readonly taken: Set<number> = new Set(),
  ) {
    this.next = Math.min(first + reserved, last);
  }

  contains(number: number): boolean {
    return number >= this.first && number <= this.last;
  }

  /** False when somebody has it. */
  take(number: number): boolean {
    if (this.taken.has(number)) return false;
    this.taken.add(number);
    return true;
  }

  release(number: number): void {
    this.taken.delete(number);
  }

  /** The next free number, undefined when none is left. */
  allocate(): number | undefined {
    const begin = this.first + this.reserved;
    for (let i = 0; i < this.last - begin + 1; i++) {
      const candidate = this.next;
      this.next = candidate >= this.last ? begin : candidate + 1;
      if (this.take(candidate)) return candidate;
    }
    for (let candidate = this.first; candidate < Math.min(begin, this.last + 1); candidate++) if (this.take(candidate)) return candidate;
    return undefined;
  }
}

/** Dotted IPv4 text as a number; undefined for anything else. */
export function ipv4Number(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

/** Addresses of a network that Services may have: neither its first nor its last. */
export function addressAllocator(cidr: string, taken?: Set<number>): Allocator {
  const [address = '', bits = ''] = cidr.split('/');
  const base = ipv4Number(address);
  const size = 2 ** (32 - Number(bits));
  if (base === undefined || !(Number(bits) >= 8 && Number(bits) <= 30)) throw new Error(`not an IPv4 network for Services: ${cidr}`);
  // Upstream keeps the first min(max(16, size/16), 256) addresses for those who choose theirs.
  return new Allocator(base + 1, base + size - 2, Math.min(Math.max(16, size / 16), 256), taken);
}
