/** No address is left in the node's pod CIDR. */
export class AddressesExhaustedError extends Error {
  override readonly name = 'AddressesExhaustedError';
}

/**
 * Pod addresses of one node, out of its podCIDR. Handed out in turn rather than lowest first, so that the address of a
 * pod that just died isn't at once somebody else's.
 */
export class AddressPool {
  private readonly base: number;
  private readonly size: number;
  private readonly owners = new Map<number, string>();
  private last = 1;

  constructor(readonly cidr: string) {
    const [address = '', bits = ''] = cidr.split('/');
    this.size = 2 ** (32 - Number(bits));
    this.base = toNumber(address);
  }

  /** The address of `key`: the one that it has, or a free one. The first and the last of the range stay unused. */
  allocate(key: string): string {
    for (const [offset, owner] of this.owners) if (owner === key) return this.address(offset);
    for (let i = 0; i < this.size - 3; i++) {
      const offset = ((this.last - 1 + i) % (this.size - 3)) + 2;
      if (this.owners.has(offset)) continue;
      this.owners.set(offset, key);
      this.last = offset;
      return this.address(offset);
    }
    throw new AddressesExhaustedError(`no address is left in ${this.cidr}`);
  }

  /** Marks an address that is in use already; false when it is not of this range. */
  adopt(key: string, address: string): boolean {
    const offset = toNumber(address) - this.base;
    if (offset <= 0 || offset >= this.size) return false;
    this.owners.set(offset, key);
    this.last = Math.max(this.last, offset);
    return true;
  }

  release(key: string): void {
    for (const [offset, owner] of this.owners) if (owner === key) this.owners.delete(offset);
  }

  private address(offset: number): string {
    const value = this.base + offset;
    return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
