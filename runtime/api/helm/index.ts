export { ChartError, loadChart, parseValues } from './chart';
export type { Chart, ChartFile, ChartFiles } from './chart';
export { manifestsOf, printManifests } from './manifests';
export type { ChartManifest } from './manifests';
export { functionNames, placeOf, renderChart } from './render';
export type { RenderedFile, RenderOptions } from './render';
export { compareVersions, parseConstraint, parseVersion, satisfies } from './semver';
export { chartValues, mergeValues, setValues, subchartsOf } from './values';
