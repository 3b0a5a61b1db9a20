/** The node's data folder: as this process sees it, and as the engine does, which mounts from it into containers. */
export interface VolumeHost {
  localPath: string;
  enginePath: string;
}
