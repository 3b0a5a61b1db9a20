export { Aggregator } from './aggregator';
export type { AggregationOptions } from './aggregator';
