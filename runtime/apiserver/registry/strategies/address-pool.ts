import { addressAllocator } from './allocator';
import type { Allocator } from './allocator';

/** Addresses of several networks, which may overlap; each is given once. */
export class AddressPool {
  private readonly taken = new Set<number>();
  private readonly allocators = new Map<string, Allocator>();

  /** `more` are the networks beside the first that may be given from now. */
  constructor(readonly first: string, private readonly more: () => readonly string[]) {
    this.allocator(first);
  }

  contains(number: number): boolean {
    return this.ranges().some((range) => range.contains(number));
  }

  /** False when somebody has it. Takes what no network has, too: a Service keeps its address when a network goes. */
  take(number: number): boolean {
    if (this.taken.has(number)) return false;
    this.taken.add(number);
    return true;
  }

  release(number: number): void {
    this.taken.delete(number);
  }

  /** The next free address of the first network that has one. */
  allocate(): number | undefined {
    for (const range of this.ranges()) {
      const number = range.allocate();
      if (number !== undefined) return number;
    }
    return undefined;
  }

  private ranges(): Allocator[] {
    return [...new Set([this.first, ...this.more()])].map((cidr) => this.allocator(cidr));
  }

  private allocator(cidr: string): Allocator {
    let allocator = this.allocators.get(cidr);
    if (!allocator) this.allocators.set(cidr, (allocator = addressAllocator(cidr, this.taken)));
    return allocator;
  }
}
