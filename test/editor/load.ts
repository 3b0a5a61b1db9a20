// A cluster's load, from a process of its own: `node load.js KUBECONFIG fill COUNT` makes pods that no scheduler takes,
// `node load.js KUBECONFIG churn RATE SECONDS` changes their labels so often a second.
import { loadKubeconfig, transportFor } from '../../runtime/client/kubeconfig';
import { Client } from '../../runtime/client/resource-client';

const [kubeconfig = '', action = '', ...numbers] = process.argv.slice(2);
const client = new Client(transportFor(loadKubeconfig([kubeconfig])));
const parallel = 32;

async function fill(count: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const metadata = { name: nameOf(i), namespace: 'default', labels: { app: `app-${i % 100}` } };
      const spec = { schedulerName: 'none', containers: [{ name: 'main', image: 'example/main:1' }] };
      await client.pods.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

async function churn(rate: number, seconds: number): Promise<void> {
  const began = Date.now();
  for (let i = 0; i < rate * seconds; i++) {
    const wait = began + (i * 1000) / rate - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    await client.pods.patch(nameOf(i % 10_000), 'default', 'merge', { metadata: { labels: { round: String(i) } } });
  }
}

function nameOf(i: number): string {
  return `load-${String(i).padStart(5, '0')}`;
}

await (action === 'fill' ? fill(Number(numbers[0])) : churn(Number(numbers[0]), Number(numbers[1])));
process.exit(0);
