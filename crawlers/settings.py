"""Scrapy's settings, derived from ours: polite, narrow, silent. Nothing else is read, no project file and no add-on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crawlers.gate import gate

if TYPE_CHECKING:
    from pipeline.config import Config

REDIRECTS = 5


def scrapy_settings(config: Config) -> dict[str, Any]:
    """Return the whole of the settings that one crawl runs under."""
    return _manners(config) | _limits(config) | _doors(config)


def user_agent(config: Config) -> str:
    """Return the name that every request carries: product, version and where its owner can be reached."""
    return f"{config.crawl_user_agent} (+{config.crawl_contact})"


def product(config: Config) -> str:
    """Return the product token by which robots.txt addresses this crawler: what the name begins with (RFC 9309)."""
    token = re.match(r"[A-Za-z_-]+", config.crawl_user_agent)
    return token[0] if token else "*"


def robots_name(config: Config) -> str:
    """Return the name by which robots.txt and reservations speak of us: the product without its version."""
    return config.crawl_user_agent.partition("/")[0]


def _manners(config: Config) -> dict[str, Any]:
    return {
        "BOT_NAME": "tideline",
        "USER_AGENT": user_agent(config),
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": product(config),
        "DOWNLOADER": "crawlers.pacing.PacedDownloader",
        "DOWNLOAD_DELAY": 0,  # kept by the downloader above, across restarts
        "CONCURRENT_REQUESTS": max(config.crawl_concurrency, 1),
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
    }


def _limits(config: Config) -> dict[str, Any]:
    return {
        "DOWNLOAD_TIMEOUT": config.crawl_timeout,
        "DOWNLOAD_MAXSIZE": config.crawl_max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "REDIRECT_MAX_TIMES": REDIRECTS,
        "METAREFRESH_ENABLED": False,  # pages that reload themselves would be fetched for ever
        "RETRY_ENABLED": False,  # the state of the links in the store decides, and outlives this process
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "MEMUSAGE_ENABLED": False,  # see memory.py
        "REACTOR_THREADPOOL_MAXSIZE": 20,
        "CONCURRENT_ITEMS": 1,  # callbacks save by themselves; Scrapy would start a hundred idle tasks an answer
        "WARN_ON_GENERATOR_RETURN_VALUE": False,  # would read the source of every callback
    }


def _doors(config: Config) -> dict[str, Any]:
    return {
        "GATE": gate(config),
        "TWISTED_DNS_RESOLVER": "crawlers.gate.GateResolver",
        "DOWNLOADER_MIDDLEWARES": {
            "crawlers.gate.GateMiddleware": 50,
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "crawlers.robots.RobotsMiddleware": 100,
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
            "crawlers.manners.RedirectMiddleware": 600,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "crawlers.unpack.Unpack": 590,
        },
        "DOWNLOAD_HANDLERS": {
            "http": "crawlers.wire.Handler",
            "https": "crawlers.wire.Handler",
            "file": None,
            "ftp": None,
            "s3": None,
            "data": None,
        },
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "EXTENSIONS": {
            "scrapy.extensions.telnet.TelnetConsole": None,
            "scrapy.extensions.remote_control.RemoteControl": None,
            "scrapy.extensions.feedexport.FeedExporter": None,
            "scrapy.extensions.logstats.LogStats": None,
            "scrapy.extensions.spiderstate.SpiderState": None,
        },
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "LOG_LEVEL": "CRITICAL",
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "STATS_DUMP": False,
        "JOBDIR": None,  # survives a clean stop only; the frontier is in the store
    }
