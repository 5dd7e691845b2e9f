// Words of the screen Cache.

export const cache = {
  title: 'Cache',
}
