import { children, DerError, readDer, readOid, readString, tags } from '../../der';

export interface RequestSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

const commonName = '2.5.4.3';
const organization = '2.5.4.10';
const block = /-----BEGIN CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----/;

/** The subject of a PKCS #10 request as a CertificateSigningRequest holds it: base64 of PEM. Throws DerError. */
export function requestSubject(request: string): RequestSubject {
  const match = block.exec(Buffer.from(request, 'base64').toString());
  if (!match) throw new DerError('PEM block type must be CERTIFICATE REQUEST');
  const [info] = children(readDer(Buffer.from(match[1]!, 'base64')));
  const [, name] = info ? children(info) : [];
  if (!name || name.tag !== tags.sequence) throw new DerError('not a certificate request');
  const values = children(name).flatMap(children).map((attribute) => {
    const [type, value] = children(attribute);
    if (!type || !value) throw new DerError('not a certificate request');
    return { type: readOid(type), value: readString(value) };
  });
  const of = (wanted: string) => values.filter(({ type }) => type === wanted).map(({ value }) => value);
  return { commonName: of(commonName).at(-1) ?? '', organizations: of(organization) };
}
