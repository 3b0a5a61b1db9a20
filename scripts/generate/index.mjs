// Everything that is generated, in order: `npm run generate`.
await import('./types.mjs');
await import('./catalogue.mjs');
