export { DockerRuntime, type DockerRuntimeOptions } from './docker-runtime';
