import { describe, expect, it } from 'vitest';
import { parseGoUrl } from './go-url';

const said = (text: string) => {
  const parsed = parseGoUrl(text);
  if ('error' in parsed) return parsed.error;
  const { scheme, user, host, path, query, fragment } = parsed.url;
  return [scheme, user ?? '-', host, path, query, fragment].join('|');
};

describe('a URL, as Go parses it', () => {
  it.each([
    ['', '|-||||'],
    ['HTTPS://u:p@h:8443/a/b?c#d', 'https|u:p|h:8443|/a/b|c|d'],
    ['https:///path', 'https|-||/path||'],
    ['//host/path', '|-|host|/path||'],
    ['///path', '|-||/path||'],
    ['mailto:a', 'mailto|-||a||'],
    ['a/b:c', '|-||a/b:c||'],
    ['https://[::1]:80/', 'https|-|[::1]:80|/||'],
    [':a', 'parse ":a": missing protocol scheme'],
    ['1a:b', 'parse "1a:b": first path segment in URL cannot contain colon'],
    ['a\nb', String.raw`parse "a\nb": net/url: invalid control character in URL`],
    ['https://[::1', `parse "https://[::1": missing ']' in host`],
    ['https://h:80a', 'parse "https://h:80a": invalid port ":80a" after host'],
    ['https://a b', 'parse "https://a b": invalid character " " in host name'],
    ['https://a/%zz', 'parse "https://a/%zz": invalid URL escape "%zz"'],
  ])('%j', (text, expected) => expect(said(text)).toBe(expected));
});
