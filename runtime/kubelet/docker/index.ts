export { DockerRuntime, type DockerRuntimeOptions, shareProcesses } from './docker-runtime';
