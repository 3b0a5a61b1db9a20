/** Of documents that are objects of the cluster. */
export const liveScheme = 'podium-live';
