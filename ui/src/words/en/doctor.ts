// Words of the screen Doctor.

export const doctor = {
  title: 'Doctor',
}
