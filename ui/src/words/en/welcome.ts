// Words of the screen Welcome.

export const welcome = {
  title: 'Welcome',
}
