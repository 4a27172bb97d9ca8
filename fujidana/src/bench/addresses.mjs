// Addresses a second of CPU of @geolonia/normalize-japanese-addresses on the list and the towns that the bench gives it.
// node addresses.mjs FOLDER: FOLDER/list.json, FOLDER/ja.json, FOLDER/ja/<prefecture>/<municipality>.json
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const folder = process.argv[2]
const require = createRequire(`${process.argv[3]}/package.json`)
const { config, normalize } = require('@geolonia/normalize-japanese-addresses')
config.japaneseAddressesApi = `file://${folder}/ja`
config.cacheSize = 10_000

const list = JSON.parse(readFileSync(`${folder}/list.json`, 'utf8'))
let towns = 0
// The first round fills its caches of towns and patterns.
for (const address of list) towns += (await normalize(address, { level: 3 })).level >= 3 ? 1 : 0
let done = 0
const begun = process.cpuUsage()
let took = 0
while (took < 3) {
  for (const address of list) await normalize(address, { level: 3 })
  done += list.length
  const { user, system } = process.cpuUsage(begun)
  took = (user + system) / 1e6
}
console.log(JSON.stringify({ rate: done / took, towns }))
