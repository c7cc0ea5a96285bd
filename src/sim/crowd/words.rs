//! What the rows are filled with. Texts are the inside of JSON strings, escapes included.

/// Events of web sites, common ones first.
pub(super) const WEB_EVENTS: &[&str] = &[
    "Page View",
    "Button Clicked",
    "Search",
    "Product Viewed",
    "Link Clicked",
    "Scroll Depth",
    "Form Started",
    "Filter Applied",
    "Added To Cart",
    "Video Played",
    "Article Read",
    "Form Submitted",
    "Removed From Cart",
    "Checkout Started",
    "Dashboard Opened",
    "Report Exported",
    "Tooltip Shown",
    "Purchase",
    "Plan Compared",
    "Comment Posted",
    "Error Shown",
    "Invite Sent",
    "Newsletter Subscribed",
    "Página vista",
];

/// Events of apps.
pub(super) const APP_EVENTS: &[&str] = &[
    "$ae_session",
    "App Opened",
    "Screen Viewed",
    "Tab Switched",
    "Push Opened",
    "Search",
    "Product Viewed",
    "Added To Cart",
    "Photo Uploaded",
    "Song Played",
    "Level Completed",
    "Share",
    "Settings Changed",
    "Purchase",
    "Onboarding Step",
    "Permission Asked",
    "Offline Mode",
    "App Crashed",
    "$ae_updated",
    "Rating Given",
];

/// Events of servers.
pub(super) const SERVER_EVENTS: &[&str] = &[
    "Email Sent",
    "Invoice Paid",
    "Subscription Renewed",
    "Order Shipped",
    "Webhook Delivered",
    "Payment Failed",
    "Report Generated",
    "Trial Ended",
    "Refund Issued",
    "Import Finished",
    "Plan Changed",
    "Account Created",
];

/// City, region, country.
pub(super) const PLACES: &[(&str, &str, &str)] = &[
    ("Oslo", "Oslo County", "NO"),
    ("San Francisco", "California", "US"),
    ("New York", "New York", "US"),
    ("London", "England", "GB"),
    ("Berlin", "Land Berlin", "DE"),
    ("São Paulo", "São Paulo", "BR"),
    ("Mumbai", "Maharashtra", "IN"),
    ("Zürich", "Zürich", "CH"),
    ("東京", "東京都", "JP"),
    ("Kraków", "Malopolskie", "PL"),
    ("Austin", "Texas", "US"),
    ("Lyon", "Auvergne-Rh\\u00f4ne-Alpes", "FR"),
    ("Toronto", "Ontario", "CA"),
    ("Madrid", "Comunidad de Madrid", "ES"),
    ("Istanbul", "\\u0130stanbul", "TR"),
    ("Melbourne", "Victoria", "AU"),
    ("서울", "Seoul", "KR"),
    ("Cape Town", "Western Cape", "ZA"),
    ("القاهرة", "Cairo Governorate", "EG"),
    ("Chicago", "Illinois", "US"),
];

/// Browser, its version, system.
pub(super) const BROWSERS: &[(&str, &str, &str)] = &[
    ("Chrome", "113", "Windows"),
    ("Chrome", "112", "Mac OS X"),
    ("Safari", "16.4", "Mac OS X"),
    ("Chrome", "113", "Android"),
    ("Mobile Safari", "16.3", "iOS"),
    ("Firefox", "112", "Windows"),
    ("Microsoft Edge", "113", "Windows"),
    ("Firefox", "102", "Linux"),
    ("Samsung Internet", "20", "Android"),
    ("Opera", "98", "Windows"),
];

/// Width and height of screens.
pub(super) const SCREENS: &[(u64, u64)] =
    &[(1920, 1080), (1440, 900), (1536, 864), (2560, 1440), (1366, 768), (390, 844), (412, 915), (3840, 2160)];

/// Brand, model, version of the system of Android devices.
pub(super) const ANDROIDS: &[(&str, &str, &str)] = &[
    ("samsung", "SM-G991B", "13"),
    ("Google", "Pixel 7", "13"),
    ("samsung", "SM-A528B", "12"),
    ("Xiaomi", "M2101K6G", "11"),
    ("OnePlus", "CPH2449", "13"),
    ("motorola", "moto g(30)", "12"),
];

/// Model and version of the system of iOS devices.
pub(super) const IPHONES: &[(&str, &str)] = &[
    ("iPhone14,5", "16.4.1"),
    ("iPhone13,2", "16.3"),
    ("iPhone15,2", "16.5"),
    ("iPhone12,1", "15.7.6"),
    ("iPad13,4", "16.4"),
];

/// Names of networks.
pub(super) const CARRIERS: &[&str] = &["T-Mobile", "Vodafone", "AT&T", "Telenor", "中国移动", "Jio", ""];

/// Pages of a site.
pub(super) const PATHS: &[&str] = &[
    "/",
    "/pricing",
    "/products/lamps?sort=price&dir=asc",
    "/search?q=desk+lamp",
    "/login",
    "/blog/2023/04/why-we-moved",
    "/cart",
    "/docs/api/reference#errors",
    "/checkout/address",
    "/dashboard/reports/weekly",
    "/b\\u00fccher/neu",
    "/invite?code=SPRING-23",
    "/account/settings/notifications",
    "/produits/%C3%A9t%C3%A9",
    "/about",
];

/// Where visitors came from: address and domain.
pub(super) const REFERRERS: &[(&str, &str)] = &[
    ("$direct", "$direct"),
    ("https://www.google.com/", "www.google.com"),
    ("https://t.co/", "t.co"),
    ("https:\\/\\/news.ycombinator.com\\/item?id=35800000", "news.ycombinator.com"),
    ("https://www.bing.com/search?q=lamp", "www.bing.com"),
    ("https://l.facebook.com/", "l.facebook.com"),
    ("https://duckduckgo.com/", "duckduckgo.com"),
];

/// Screens of an app.
pub(super) const VIEWS: &[&str] =
    &["Home", "Search", "Product", "Cart", "Profile", "Settings/Notifications", "Onboarding/2", "Player", "Réglages"];

/// Free text, with what free text has in it.
pub(super) const TEXTS: &[&str] = &[
    "Desk lamp, brass",
    "Spring sale \\u2013 20% off",
    "He said \\\"later\\\" and left",
    "C:\\\\Users\\\\sam\\\\report (final).xlsx",
    "first line\\nsecond line\\ttabbed",
    "Größe: 38½, Farbe: grün",
    "お気に入りに追加しました",
    "great 👍🏽 would buy again 🎉",
    "\\ud83d\\ude80 launch",
    "a/b test \\\"checkout-v3\\\" <b>variant</b> & more",
    "naïve café — déjà vu",
    "",
    "مرحبا بالعالم",
];

/// Words for lists.
pub(super) const TAGS: &[&str] =
    &["new", "sale", "beta", "vip", "returning", "mobile-first", "été", "q2-2023", "newsletter", "churn-risk", "b2b"];

/// Plans and such.
pub(super) const PLANS: &[&str] = &["free", "starter", "team", "business", "enterprise"];

/// Campaigns.
pub(super) const CAMPAIGNS: &[&str] = &["spring_sale", "brand_de", "retarget-30d", "newsletter_04", "launch"];

/// Given names for e-mail addresses.
pub(super) const GIVEN: &[&str] = &[
    "anna", "ben", "carla", "david", "elif", "farid", "grace", "hugo", "ines", "jonas", "kim", "lena", "marco",
    "nadia", "omar", "paula", "quentin", "rosa", "sam", "tara", "uma", "viktor", "wei", "ximena", "yusuf", "zoe",
];

/// Family names for e-mail addresses.
pub(super) const FAMILY: &[&str] = &[
    "almeida", "becker", "chen", "dubois", "eriksen", "fischer", "garcia", "hansen", "ivanov", "jones", "kaya",
    "lopez", "meyer", "novak", "okafor", "patel", "quinn", "rossi", "smith", "tanaka", "usman", "vogel", "wong",
    "young",
];

/// Domains of e-mail addresses.
pub(super) const DOMAINS: &[&str] = &["example.com", "example.org", "mail.example.net", "example.co.uk"];

/// Names that are not ASCII.
pub(super) const NAMES: &[&str] =
    &["Zoë", "Łukasz", "Søren", "José", "Müller", "Αλέξανδρος", "Наталья", "小林さん", "김민수", "محمد", "नेहा", "Ngọc"];

/// Signs that take more than one code point, or more than two bytes.
pub(super) const EMOJI: &[&str] = &["🦊", "👩‍💻", "🇳🇴", "🎧", "👍🏽", "\\ud83d\\udc1d"];
