// Writes to an embedded store until it is killed; prints each key once its write is acknowledged.
import { openEmbeddedStore } from '../../runtime/store/embedded';

async function main(): Promise<void> {
  const [folder = '', from = '0'] = process.argv.slice(2);
  const store = await openEmbeddedStore(folder, { snapshotAfterBytes: 200_000 });
  let next = Number(from);
  await Promise.all(Array.from({ length: 32 }, async () => {
    for (;;) {
      const key = `/k${next++}`;
      const result = await store.transact([{ key, modRevision: 0 }], [{ type: 'put', key, value: Buffer.alloc(200 + (next % 300), 'x') }]);
      process.stdout.write(`${key} ${result.revision}\n`);
    }
  }));
}

void main();
