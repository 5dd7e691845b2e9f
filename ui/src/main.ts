// The window begins here.
import { mount } from 'svelte'
import App from './App.svelte'
import { open } from './host'
import './styles/tokens.css'
import './styles/base.css'

const target = document.getElementById('app')
await open()
if (target) mount(App, { target })
