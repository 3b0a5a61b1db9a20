export { behaviourAnnotation } from './behaviour';
export { SimulatedRuntime, type SimulatedRuntimeOptions } from './simulated-runtime';
