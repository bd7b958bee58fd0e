/// The page of the admin socket. It has everything in it and asks `status` of the same place once a second.
///
/// What the service tells is put into the page as text, never as markup: paths and names come from clients and apps.
enum AdminPage {
    static let html = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Roost</title>
        <style>\(style)</style>
        <header><h1 id="app">Roost</h1><p id="state" role="status">asking…</p></header>
        <main>
        <section class="charts">
        <figure><figcaption>Requests a second <output id="now-requests"></output></figcaption><svg id="chart-requests" role="img" aria-label="Requests a second"></svg></figure>
        <figure><figcaption>Latency <output id="now-latency"></output></figcaption><svg id="chart-latency" role="img" aria-label="Latency percentiles"></svg></figure>
        <figure><figcaption>Connections <output id="now-connections"></output></figcaption><svg id="chart-connections" role="img" aria-label="Connections and requests in flight"></svg></figure>
        <figure><figcaption>Memory of the workers <output id="now-memory"></output></figcaption><svg id="chart-memory" role="img" aria-label="Memory of the workers"></svg></figure>
        </section>
        <section><h2>Service</h2><dl id="facts"></dl></section>
        <section><h2>Workers</h2><table id="workers"></table></section>
        <section><h2>Requests in flight</h2><table id="requests"></table></section>
        </main>
        <script>\(script)</script>
        </html>

        """

    private static let style = """
        :root { color-scheme: light dark; --back: #fbfaf7; --card: #fff; --text: #23211d; --dim: #6e6a61; --line: #e3dfd5;
          --a: #1f7a4d; --b: #c47f17; --c: #b3362b; --d: #3466a5 }
        @media (prefers-color-scheme: dark) { :root { --back: #171613; --card: #211f1b; --text: #ece8df; --dim: #9d978a; --line: #38352e;
          --a: #5cc08d; --b: #e0a94e; --c: #e5776d; --d: #83abdc } }
        * { box-sizing: border-box }
        body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--back); color: var(--text); font: 15px/1.45 system-ui, sans-serif }
        header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap }
        h1 { margin: 0; font-size: 1.5rem; overflow-wrap: anywhere } h2 { font-size: 1rem; margin: 1.6rem 0 .5rem }
        #state { margin: 0; padding: .1rem .6rem; border-radius: 1rem; background: var(--line) }
        #state.ready { background: var(--a); color: var(--back) } #state.lost { background: var(--c); color: var(--back) }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; margin-top: 1rem }
        figure { margin: 0; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem }
        figcaption { display: flex; justify-content: space-between; gap: 1rem; color: var(--dim) } output { color: var(--text); font-variant-numeric: tabular-nums }
        svg { display: block; width: 100%; height: 8rem; overflow: visible } polyline { fill: none; stroke-width: 1.6; vector-effect: non-scaling-stroke }
        line { stroke: var(--line); vector-effect: non-scaling-stroke } svg text { fill: var(--dim); font-size: 11px }
        table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); font-variant-numeric: tabular-nums }
        th, td { padding: .35rem .7rem; text-align: right; border-top: 1px solid var(--line); white-space: nowrap } th { color: var(--dim); font-weight: 500 }
        th.text, td.text { text-align: left; white-space: normal; overflow-wrap: anywhere } td.empty { text-align: left; color: var(--dim) }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0 } dt { color: var(--dim) } dd { margin: 0; overflow-wrap: anywhere }
        """

    private static let script = """
        'use strict'
        const kept = 120, samples = []
        let last = null
        const byID = id => document.getElementById(id)
        const short = n => n >= 9.95 ? Math.round(n).toLocaleString('en') : (Math.round(n * 10) / 10).toString()
        const seconds = s => s == null ? '–' : s < 1 ? short(s * 1000) + ' ms' : s < 60 ? short(s) + ' s' : age(s)
        const bytes = b => short(b / 1048576) + ' MiB'
        function age(s) {
          const units = [[86400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']]
          const parts = units.map(([size, name], i) => [Math.floor(s / size) % (i ? units[i - 1][0] / size : Infinity), name])
          const first = parts.findIndex(p => p[0] > 0)
          return first < 0 ? '0s' : parts.slice(first, first + 2).filter(p => p[0] > 0).map(p => p[0] + p[1]).join(' ')
        }
        function quantile(bounds, counts, part) {
          const total = counts.reduce((a, b) => a + b, 0)
          if (total <= 0) return null
          let below = 0
          for (let i = 0; i < counts.length; i++) {
            if (counts[i] > 0 && below + counts[i] >= part * total) {
              if (i >= bounds.length) return bounds[bounds.length - 1]
              const lower = i ? bounds[i - 1] : 0
              return lower + (bounds[i] - lower) * Math.max(0, part * total - below) / counts[i]
            }
            below += counts[i]
          }
          return bounds[bounds.length - 1]
        }
        function take(status, time) {
          const elapsed = last ? (time - last.time) / 1000 : 0
          const sample = { connections: status.connections, inFlight: status.requests_in_flight,
            memory: status.workers.reduce((sum, worker) => sum + (worker.memory || 0), 0), rate: null, errors: null, p50: null, p90: null, p99: null }
          if (last && elapsed > 0 && status.requests >= last.status.requests) {
            const failed = s => (s.responses['5xx'] || 0) + (s.responses['none'] || 0)
            sample.rate = (status.requests - last.status.requests) / elapsed
            sample.errors = Math.max(0, failed(status) - failed(last.status)) / elapsed
            const counts = status.latency.counts.map((count, i) => Math.max(0, count - last.status.latency.counts[i]))
            for (const [name, part] of [['p50', .5], ['p90', .9], ['p99', .99]]) sample[name] = quantile(status.latency.bounds, counts, part)
          }
          last = { status, time }
          samples.push(sample)
          if (samples.length > kept) samples.shift()
        }
        function svg(name, attributes, text) {
          const element = document.createElementNS('http://www.w3.org/2000/svg', name)
          for (const key in attributes) element.setAttribute(key, attributes[key])
          if (text) element.textContent = text
          return element
        }
        function chart(id, names, write) {
          const box = byID(id), values = names.map(([name]) => samples.map(s => s[name]))
          const top = Math.max(...values.flat().filter(v => v != null), 0) || 1
          const parts = [0, .5, 1].map(part => svg('line', { x1: '0%', x2: '100%', y1: 100 - 90 * part + '%', y2: 100 - 90 * part + '%' }))
          parts.push(svg('text', { x: 0, y: '8%' }, write(top)))
          const inner = svg('svg', { viewBox: `0 0 ${kept - 1} 100`, preserveAspectRatio: 'none', width: '100%', height: '100%' })
          names.forEach(([name, color], k) => {
            let points = []
            const end = () => { if (points.length) inner.append(svg('polyline', { points: points.join(' '), style: `stroke: var(${color})`, 'data-series': name })); points = [] }
            values[k].forEach((v, i) => v == null ? end() : points.push(`${kept - samples.length + i},${100 - 90 * v / top}`))
            end()
          })
          box.replaceChildren(...parts, inner)
        }
        function table(id, titles, rows, none) {
          const row = (cells, tag) => {
            const tr = document.createElement('tr')
            cells.forEach((cell, i) => { const td = document.createElement(tag); td.textContent = cell; if (titles[i][1]) td.className = 'text'; tr.append(td) })
            return tr
          }
          const body = rows.map(cells => row(cells, 'td'))
          if (!rows.length) { const tr = document.createElement('tr'), td = document.createElement('td'); td.className = 'empty'; td.colSpan = titles.length; td.textContent = none; tr.append(td); body.push(tr) }
          byID(id).replaceChildren(row(titles.map(t => t[0]), 'th'), ...body)
        }
        function show(status) {
          const sample = samples[samples.length - 1]
          document.title = status.app + ' – Roost'
          byID('app').textContent = status.app
          byID('state').textContent = status.phase + (status.ready ? '' : ', not ready')
          byID('state').className = status.ready ? 'ready' : ''
          byID('now-requests').textContent = sample.rate == null ? '' : short(sample.rate) + ' (' + short(sample.errors) + ' failed)'
          byID('now-latency').textContent = `p50 ${seconds(sample.p50)}  p90 ${seconds(sample.p90)}  p99 ${seconds(sample.p99)}`
          byID('now-connections').textContent = status.connections + ', ' + status.requests_in_flight + ' in flight'
          byID('now-memory').textContent = bytes(sample.memory)
          chart('chart-requests', [['rate', '--a'], ['errors', '--c']], short)
          chart('chart-latency', [['p50', '--a'], ['p90', '--b'], ['p99', '--c']], seconds)
          chart('chart-connections', [['connections', '--d'], ['inFlight', '--b']], short)
          chart('chart-memory', [['memory', '--d']], bytes)
          const facts = [['listens on', status.binds.join(', ')], ['requests', status.requests.toLocaleString('en')],
            ['responses', Object.entries(status.responses).sort().map(([name, count]) => name + ': ' + count.toLocaleString('en')).join(', ') || '–'],
            ['replaced or lost', status.restarts + ' workers'], ['up', age(status.uptime)], ['main process', status.pid], ['version', 'Roost ' + status.version]]
          if (status.certificates?.length) facts.splice(1, 0, ['certificates', status.certificates.map(c => c.subject + ' until ' + new Date(c.not_after * 1000).toLocaleDateString()).join(', ')])
          if (status.web_sockets) facts.push(['WebSockets', status.web_sockets.toLocaleString('en')])
          byID('facts').replaceChildren(...facts.flatMap(([name, value]) => { const dt = document.createElement('dt'), dd = document.createElement('dd'); dt.textContent = name; dd.textContent = value; return [dt, dd] }))
          table('workers', [['Worker'], ['Process'], ['State', 1], ['Age'], ['Connections'], ['In flight'], ['Requests'], ['Memory']],
            status.workers.map(w => [w.number, w.pid ?? '–', w.silence >= 1 ? 'has not answered for ' + age(w.silence) : w.state, age(w.age), w.connections, w.requests_in_flight, w.requests.toLocaleString('en'), w.memory ? bytes(w.memory) : '–']), 'none')
          table('requests', [['Age'], ['Worker'], ['Client', 1], ['Request', 1], ['Id', 1]],
            status.in_flight.map(r => [seconds(r.age), r.worker, r.client ?? '–', r.method + ' ' + r.path, r.id]), 'none')
        }
        async function look() {
          try {
            const answer = await fetch('status', { cache: 'no-store' })
            if (!answer.ok) throw new Error(answer.status)
            const status = await answer.json()
            take(status, performance.now())
            show(status)
          } catch (error) {
            byID('state').textContent = 'the service does not answer'
            byID('state').className = 'lost'
          }
          setTimeout(look, 1000)
        }
        look()
        """
}
