import { type Command, Option } from 'commander';
import { nameOption } from './cluster';

/** Each component by itself, as upstream's binaries are. All but the API server reach it through a kubeconfig. */
export function registerComponentCommands(program: Command): void {
  program
    .command('apiserver')
    .description('run an API server by itself')
    .requiredOption('--data-dir <folder>', 'certificates, and the state unless it is in etcd')
    .option('--bind-address <address>', 'address to listen at', '127.0.0.1')
    .option('--port <port>', 'port to listen at; 0: any free one', Number, 6443)
    .addOption(new Option('--store <store>', 'where the state is kept').choices(['embedded', 'etcd']).default('embedded'))
    .option('--etcd-servers <urls>', 'etcd endpoints, separated by commas')
    .action(async (options) => (await import('../components/apiserver')).runApiServer(options));
  program
    .command('scheduler')
    .description('run a scheduler by itself')
    .option('--kubeconfig <file>', 'how to reach the API server (default: as kubectl finds it)')
    .option('--scheduler-name <name>', 'it schedules the pods that name it', 'default-scheduler')
    .action(async (options) => (await import('../components/clients')).runScheduler(options));
  program
    .command('controller-manager')
    .description('run the controllers by themselves')
    .option('--kubeconfig <file>', 'how to reach the API server (default: as kubectl finds it)')
    .option('--controllers <names>', 'only these, separated by commas')
    .action(async (options) => (await import('../components/clients')).runControllerManager(options));
  program
    .command('node-config <node>')
    .description('print what a node that is run by hand needs to join an API server that is')
    .requiredOption('--data-dir <folder>', 'of the API server: its authority signs the node\'s certificates')
    .requiredOption('--server <url>', 'where the node reaches the API server')
    .requiredOption('--node-ip <address>', 'the node\'s address')
    .option('--node-cpu <quantity>', 'CPUs that the node offers', '2')
    .option('--node-memory <quantity>', 'memory that the node offers', '4Gi')
    .option('--engine-data-folder <folder>', 'where the engine finds what the node sees as /var/lib/podium', '/var/lib/podium')
    .option('--cluster-name <name>', 'label of the pods\' containers at the engine', 'podium')
    .action(async (node, options) => (await import('../components/node-config')).printNodeConfig(node, options));
  program
    .command('kubelet')
    .description('run a node: kubelet, pod network, service proxy and DNS')
    .requiredOption('--node-config <file>', 'what "podium node-config" printed')
    .action(async (options) => (await import('../components/node')).runNode(options));
  program
    .command('proxy')
    .description('run a service proxy by itself')
    .option('--kubeconfig <file>', 'how to reach the API server (default: as kubectl finds it)')
    .requiredOption('--node-name <name>', 'the node that it runs on')
    .requiredOption('--node-ip <address>', 'the node\'s address')
    .option('--cluster-cidr <cidr>', 'addresses of pods', '10.244.0.0/16')
    .action(async (options) => (await import('../components/clients')).runProxy(options));
  program
    .command('daemon', { hidden: true })
    .addOption(nameOption())
    .action(async ({ name }: { name: string }) => (await import('../components/daemon')).runDaemon(name));
  program
    .command('lint')
    .description('tell what the API server would say of manifests, what they refer to in vain, and what lint rules find')
    .argument('[paths...]', 'files, folders, or - for the standard input; "podium lint --help" tells the options');
  program
    .command('language-server')
    .description('run the language server (--stdio)')
    .option('--stdio', 'speak over standard input and output')
    .action(async () => (await import('../components/language-server')).runLanguageServer());
}
