"""The words of the report, Chinese beside English: it is one paper for everybody, whichever language they read."""

TITLE = ("证据包说明", "Evidence report")
EMERGENCY = ("应急调阅（尚无事前审批）", "EMERGENCY ACCESS, opened before anybody had approved")

FIELDS = {
    "name": ("证据包编号", "Package"),
    "made_at": ("制作时间", "Made at"),
    "signer": ("签名单位", "Signed by"),
    "recipient": ("调阅人", "Handed to"),
    "number": ("申请编号", "Request"),
    "case_number": ("案件或文书编号", "Case or notice"),
    "department": ("需求部门", "Requesting department"),
    "requester": ("申请人", "Requested by"),
    "basis": ("法定依据", "Statutory basis"),
    "matter": ("事由", "Matter"),
    "reason": ("用途说明", "Purpose"),
    "place": ("事发地点", "Place of the incident"),
    "center": ("审批单位", "Approved by"),
    "owner": ("授权单位", "Authorized by"),
    "valid": ("授权有效期", "Valid"),
    "conditions": ("授权条件", "Conditions"),
    "gb_code": ("国标编码", "GB/T 28181 code"),
    "belongs": ("点位所属部门", "Owning department"),
    "source": ("录像来源", "Source"),
    "asked": ("申请调取的时段", "Asked for"),
    "obtained": ("实际取得的时段", "Obtained"),
    "missing": ("缺失的时段", "Missing"),
    "clock": ("录像设备时钟", "Clock of the source"),
    "file": ("文件", "File"),
    "size": ("大小", "Size"),
    "sha256": ("SHA-256", "SHA-256"),
    "sm3": ("SM3", "SM3"),
    "picture": ("画面", "Pictures"),
    "first": ("首帧与末帧", "First and last frame"),
    "reencoded": ("重新编码", "Encoded anew"),
    "notes": ("说明", "Statements"),
}

SECTIONS = {
    "why": ("一、依据与授权", "1. Why and by whom"),
    "items": ("二、调取结果", "2. What was retrieved"),
    "made": ("三、制作说明", "3. How this package was made"),
    "verify": ("四、如何校验", "4. How to verify it"),
}

MISSING = {
    "no_recording": ("没有录像", "no recording"),
    "offline": ("当时来源离线", "the source was offline"),
    "refused": ("来源列有录像但未提供", "listed by the source and not handed out"),
    "cut_short": ("来源提供的比其所列短", "the source gave less than it lists"),
    "overwritten": ("已被覆盖", "overwritten"),
}

NOTES = {
    "cut-recoded": (
        "首尾不足一个画面组的部分重新编码，其余逐字节复制",
        "partial groups at the ends encoded anew, the rest copied",
    ),
    "codec-changed": ("录像中途更换了编码，按编码分为多个文件", "the recording changes its codec; one file for each"),
    "sound-left-out": ("未包含声音", "sound left out"),
    "sound-transcoded": ("声音重新编码", "sound encoded anew"),
}

COMPLETE = ("无缺失", "nothing")
NO_PICTURES = ("无法解码，未能提取画面", "no key frame could be decoded")
EVEN = ("未发现偏差或未测量，未作校正", "no deviation known, nothing allowed for")
UNMEASURED = ("未测量", "not measured")
AHEAD = ("快 {seconds} 秒（已按此校正）", "{seconds} s ahead of true time (allowed for)")
BEHIND = ("慢 {seconds} 秒（已按此校正）", "{seconds} s behind true time (allowed for)")
PICTURES = ("{frames} 帧，{width}×{height}，{codec}", "{frames} frames, {width}x{height}, {codec}")
REENCODED = ("{count} 帧", "{count} frames")
NONE = ("无", "none")

MADE = (
    (
        (
            "录像由系统在授权范围内向来源调取，只包含所申请时段内的画面，首帧不早于授权起点。调取完成时计算摘要并"
            "存入只按摘要读取的存储；制作本证据包时，每个文件逐字节重新读取并与该摘要核对，不一致则不予制作。"
        ),
        (
            "The system retrieved the footage from its source within the grant: only frames of the span asked "
            "for, none before the granted start. A digest was taken when the retrieval ended; every file was "
            "read again, byte by byte, and held against that digest while this package was made."
        ),
    ),
    (
        (
            "标明“重新编码”的帧由系统编码；未标明的画面数据与来源所给逐字节相同。带水印、遮盖或降低分辨率的副本全"
            "部重新编码，其来源数据的摘要记于 evidence.json（source_digest）。关键帧与联系表仅供查看，不是证据原"
            "件。"
        ),
        (
            "Frames told as encoded anew were encoded by the system; all others are the bytes that the source "
            "gave. Copies with a watermark, with masks or of lower resolution are encoded anew throughout; the "
            "digest of what they were made from stands in evidence.json (source_digest). Key frames and contact "
            "sheet are for looking at only."
        ),
    ),
    (
        (
            "所有文件的摘要列于 manifest-sha256.txt，该清单的摘要列于 tagmanifest-sha256.txt，后者由 "
            "signature.p7s 签名。制作过程与本案的审批、授权、调取记录同存于系统的留痕之中，各条记录的最新摘要见 "
            "evidence.json（audit）。"
        ),
        (
            "The digests of all files stand in manifest-sha256.txt, whose own digest stands in "
            "tagmanifest-sha256.txt, which signature.p7s signs. The making of this package is in the system's "
            "trace beside approval, authorization and retrieval; the newest digest of each of their records "
            "stands in evidence.json (audit)."
        ),
    ),
)

VERIFY = (
    (
        (
            "校验方法见 README.txt，不需要联网，也不需要原系统。校验能说明自签名以来文件未增、未减、未改及由谁签"
            "名；不能说明录像内容本身是否真实。签名时间由签名单位自述，未附第三方时间戳。"
        ),
        (
            "README.txt tells how to verify the package, without a network and without the system it came from. "
            "That shows that nothing was added, removed or changed since it was signed, and who signed; it does "
            "not show that what the pictures tell is true. The time of signing is the signer's own word, without "
            "a third party's time stamp."
        ),
    ),
)
