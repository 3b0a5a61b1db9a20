/** Tries until it doesn't throw; the last error tells what was missing. */
export async function eventually<T>(attempt: () => T | Promise<T>, timeoutMs = 30_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks the runner for a picture of the workbench; it goes to test/artifacts. */
export async function screenshot(name: string): Promise<void> {
  console.log(`screenshot: ${name}`);
  await new Promise((resolve) => setTimeout(resolve, 500));
}
