// Words of the screen Upstreams.

export const upstreams = {
  title: 'Upstreams',
}
