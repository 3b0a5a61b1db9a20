import type { Container, Pod, Secret } from '../../api/kinds';
import type { Clock } from '../../clock';
import { type ContainerRuntime, ImageError, type ImageInfo } from '../container-runtime';
import { containerReference, type EventSink } from '../events';
import { Backoff, formatDuration } from '../pods/backoff';
import { StartError } from '../sync/start-error';
import { credentialsFor } from './pull-credentials';

export interface ImageManagerOptions {
  runtime: ContainerRuntime;
  events: EventSink;
  clock: Clock;
  backoff: { initial: number; max: number };
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domainPart = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const domain =
  `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const algorithm = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*';
/** The grammar of image references (distribution/reference). */
const reference = new RegExp(
  `^(?:${domain}/)?${component}(?:/${component})*(?::[\\w][\\w.-]{0,127})?(?:@${algorithm}:[0-9a-fA-F]{32,})?$`,
);

const imageId = /^(?:sha256:)?[0-9a-f]{64}$/;

/** Sees to it that a container's image is there, by its pull policy (kubelet's imageManager). */
export class ImageManager {
  private readonly backoff: Backoff;
  /** Why the last pull failed, by pod and image. */
  private readonly failures = new Map<string, string>();

  constructor(private readonly options: ImageManagerOptions) {
    this.backoff = new Backoff(options.clock, options.backoff.initial * 1000, options.backoff.max * 1000);
  }

  /** Throws StartError. */
  async ensure(pod: Pod, container: Container): Promise<ImageInfo> {
    const image = container.image ?? '';
    if (!reference.test(image) && !imageId.test(image)) {
      const name = JSON.stringify(image);
      const cause = `couldn't parse image name ${name}: invalid reference format`;
      const message = `Failed to apply default image tag ${name}: ${cause}`;
      this.event(pod, container, 'Warning', 'InspectFailed', message);
      throw new StartError('InvalidImageName', message);
    }
    const present = await this.options.runtime.imageStatus(image);
    const policy =
      container.imagePullPolicy ??
      (/(:latest|^[^:]*|\/[^:]*)$/.test(image.replace(/@.*/, '')) ? 'Always' : 'IfNotPresent');
    if (present && policy !== 'Always') {
      this.event(
        pod,
        container,
        'Normal',
        'Pulled',
        `Container image ${JSON.stringify(image)} already present on machine and can be accessed by the pod`,
      );
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image ${JSON.stringify(image)} is not present with pull policy of Never`;
      this.event(pod, container, 'Warning', 'ErrImageNeverPull', message);
      throw new StartError('ErrImageNeverPull', message);
    }
    if (present && present.digests.length === 0) {
      // It never came from a registry: it was built here, and no registry has a newer one.
      this.event(
        pod,
        container,
        'Normal',
        'Pulled',
        `Container image ${JSON.stringify(image)} was built on this machine and is current`,
      );
      return present;
    }
    return this.pull(pod, container, image, present);
  }

  forget(podUid: string): void {
    this.backoff.forget(`${podUid}_`);
    for (const key of this.failures.keys()) if (key.startsWith(`${podUid}_`)) this.failures.delete(key);
  }

  private async pull(
    pod: Pod,
    container: Container,
    image: string,
    present: ImageInfo | undefined,
  ): Promise<ImageInfo> {
    const key = `${pod.metadata.uid}_${image}`;
    const wait = this.backoff.remaining(key);
    if (wait > 0) {
      const message = `Back-off pulling image ${JSON.stringify(image)}`;
      this.event(pod, container, 'Normal', 'BackOff', message);
      const cause = this.failures.get(key);
      throw new StartError(
        'ImagePullBackOff',
        cause ? `${message}: ErrImagePull: ${cause}` : message,
        this.options.clock.now() + wait,
      );
    }
    this.event(pod, container, 'Normal', 'Pulling', `Pulling image ${JSON.stringify(image)}`);
    const startedAt = this.options.clock.now();
    try {
      const credentials = credentialsFor(image, await this.pullSecrets(pod));
      const pulled = await this.options.runtime.pullImage(image, credentials, pod.metadata.annotations);
      const took = formatDuration(this.options.clock.now() - startedAt);
      this.event(
        pod,
        container,
        'Normal',
        'Pulled',
        `Successfully pulled image ${JSON.stringify(image)} in ${took} (${took} including waiting). ` +
          `Image size: ${pulled.sizeBytes} bytes.`,
      );
      this.backoff.reset(key);
      return pulled;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      if (present) {
        this.event(
          pod,
          container,
          'Normal',
          'Pulled',
          `Image ${JSON.stringify(image)} can't be pulled (${error.message}); ` +
            'using the one that is present on the machine',
        );
        return present;
      }
      this.event(
        pod,
        container,
        'Warning',
        'Failed',
        `Failed to pull image ${JSON.stringify(image)}: ${error.message}`,
      );
      this.backoff.next(key, this.options.clock.now());
      this.failures.set(key, error.message);
      throw new StartError(error.reason, error.message, this.options.clock.now() + this.backoff.delayMs(key));
    }
  }

  private async pullSecrets(pod: Pod): Promise<Secret[]> {
    const names = (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []));
    const found = await Promise.all(
      names.map((name) => this.options.secret(pod.metadata.namespace ?? 'default', name)),
    );
    return found.filter((secret) => secret !== undefined);
  }

  private event(pod: Pod, container: Container, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.options.events.eventAbout(containerReference(pod, container.name), type, reason, message);
  }
}
