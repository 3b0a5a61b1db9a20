/** Whether a text is one value of JSON, which kubectl reads as it is where the same text would be no YAML. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
