// The badge: shows elements of a page while its visitor has unread messages, and counts them. Old browsers run it too, so
// this is ES5. The service sends badge.min.js, which `npm run generate` makes of it; docs/guides/badge.md is for users.
;(function untilreadBadge(window, document) {
  var NAMES = ['host', 'account', 'consumer', 'token', 'show', 'count', 'display', 'every']
  var STREAM_PATIENCE_MS = 10000 // something on the way may hold a stream back
  var ANSWER_PATIENCE_MS = 20000
  var POLL_SECONDS = 15
  var LONGEST_PAUSE = 300
  var Stream = window.EventSource
  var before = window.untilreadBadge || {}
  // What the page has set, and for whom we asked last.
  var options = {}
  var person = ''
  var asked = ''
  // The last answer; undefined before the first.
  var unread
  var count
  // What is under way.
  var source
  var request
  var timer
  // Seconds; doubled while it does not go well.
  var pause

  // What goes wrong in here is told on the console, and never thrown into the page.
  function safely(action) {
    return function guarded(value) {
      try {
        action(value)
      } catch (error) {
        if (window.console) window.console.error('untilread badge:', error)
      }
    }
  }

  function isHidden(element) {
    return window.getComputedStyle(element).display === 'none'
  }

  function show(element) {
    var style = element.style
    var display = options.display
    if (unread) {
      if (display || isHidden(element)) style.display = display || element.untilread || ''
      // A stylesheet or the attribute `hidden` may hide it as well.
      if (isHidden(element)) style.display = 'block'
    } else {
      // Kept for when it is shown again.
      if (style.display !== 'none') element.untilread = style.display
      style.display = 'none'
    }
  }

  function fill(element) {
    element.textContent = count || ''
  }

  function each(selector, action) {
    if (selector) [].forEach.call(document.querySelectorAll(selector), action)
  }

  // Until the first answer the page stays as it is.
  var render = safely(function paint() {
    if (unread === undefined) return
    each(options.count, fill)
    each(options.show, show)
  })

  function announce(detail) {
    var event = document.createEvent('CustomEvent')
    event.initCustomEvent('untilread', true, false, detail)
    document.dispatchEvent(event)
  }

  function tell(answer) {
    var isNews = answer.unreadByConsumer !== unread || answer.count !== count
    unread = answer.unreadByConsumer
    count = answer.count
    render()
    if (isNews) announce({ unread: unread, count: count })
  }

  function stop() {
    var running = request
    clearTimeout(timer)
    if (source) source.close()
    source = request = null
    if (running) running.abort()
  }

  // A page that nobody sees need not know.
  var start = safely(function begin() {
    stop()
    if (!options.account || !options.consumer || document.hidden) return
    if (Stream) listen()
    else ask()
  })

  function url(tail) {
    var path = ['', 'helpers', 'msghist', options.account, options.consumer, 'unreadByConsumer']
    return options.host.concat(path.map(encodeURIComponent).join('/'), tail, '?count=1')
  }

  function listen() {
    var token = options.token
    source = new Stream(url('/stream').concat(token ? '&token='.concat(encodeURIComponent(token)) : ''))
    source.addEventListener('unread', safely(hear))
    source.onerror = safely(lose)
    timer = setTimeout(source.onerror, STREAM_PATIENCE_MS)
  }

  // Not all visitors at once, when the service goes down.
  function lose() {
    stop()
    timer = setTimeout(safely(ask), Math.random() * 1000)
  }

  function hear(event) {
    clearTimeout(timer)
    pause = 1
    tell(JSON.parse(event.data))
  }

  // One plain question: without streams every now and then; with them when one has ended, as only an answer tells why.
  function ask() {
    var mine = new XMLHttpRequest()
    stop()
    request = mine
    mine.open('GET', url(''))
    mine.timeout = ANSWER_PATIENCE_MS
    if (options.token) mine.setRequestHeader('Authorization', 'Bearer '.concat(options.token))
    mine.onreadystatechange = safely(function hearAnswer() {
      if (mine !== request || mine.readyState !== 4) return
      var status = mine.status
      // Only another token helps here, or another origin.
      if (status === 401 || status === 403) return announce({ error: status })
      // Somewhat more or less, so that visitors do not come back all at once.
      var seconds = Math.max(pause, mine.getResponseHeader('Retry-After') || 0)
      timer = setTimeout(start, seconds * (1000 + Math.random() * 500))
      pause = Stream || status !== 200 ? Math.min(pause * 2, LONGEST_PAUSE) : firstPause()
      if (status === 200) tell(JSON.parse(mine.responseText))
    })
    mine.send()
  }

  function firstPause() {
    return Stream ? 1 : options.every >= 1 ? options.every : POLL_SECONDS
  }

  function set(changes) {
    for (var name in changes) options[name] = changes[name]
    var whom = [options.host, options.account, options.consumer].join('\n')
    var how = [whom, options.token].join('\n')
    // What is known is of somebody else.
    if (whom !== person && unread !== undefined) tell({ unreadByConsumer: false, count: 0 })
    person = whom
    if (how !== asked) {
      asked = how
      pause = firstPause()
      start()
    }
    render()
  }

  function readTag() {
    var tag = document.currentScript || document.querySelector('script[src*="badge.js"]')
    var found = {}
    if (tag) {
      found.host = tag.src.replace(/\/badge\.js.*/, '')
      NAMES.forEach(function readName(name) {
        var value = tag.getAttribute('data-'.concat(name))
        if (value) found[name] = value
      })
    }
    return found
  }

  safely(function begin() {
    // A second tag, as when a page replaces its own content, speaks to the first.
    if (before.set) return before.set(readTag())
    window.untilreadBadge = { set: safely(set) }
    document.addEventListener('DOMContentLoaded', render)
    document.addEventListener('visibilitychange', start)
    window.addEventListener('online', start)
    options = readTag()
    // What the page had set before this script came.
    set(before)
  })()
})(window, document)
