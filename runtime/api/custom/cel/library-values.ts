import type { Cidr, IpAddress } from '../../cidr';
import type { GoUrl } from '../../go-url';
import type { Quantity } from '../../quantity';

/** A value of a library; each class is one CEL type. */
export abstract class LibraryValue {
  /** `other` is of the same class. */
  abstract equals(other: LibraryValue): boolean;
}

export class CelQuantity extends LibraryValue {
  constructor(readonly quantity: Quantity) {
    super();
  }

  equals(other: CelQuantity): boolean {
    return this.quantity.equals(other.quantity);
  }
}

export const sameIp = (a: IpAddress, b: IpAddress): boolean => a.family === b.family && a.bits === b.bits;

export class CelIp extends LibraryValue {
  constructor(readonly address: IpAddress) {
    super();
  }

  equals(other: CelIp): boolean {
    return sameIp(this.address, other.address);
  }
}

export class CelCidr extends LibraryValue {
  constructor(readonly cidr: Cidr) {
    super();
  }

  equals({ cidr }: CelCidr): boolean {
    return this.cidr.prefix === cidr.prefix && sameIp(this.cidr.address, cidr.address);
  }
}

export class CelUrl extends LibraryValue {
  constructor(readonly text: string, readonly url: GoUrl) {
    super();
  }

  equals(other: CelUrl): boolean {
    return this.text === other.text;
  }
}
